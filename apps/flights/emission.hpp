// Writes the rows of flights.csv to the topic.
#pragma once

#include "flight.hpp"

#include <corka/corka.hpp>

#include <atomic>
#include <cstdint>
#include <string>

namespace flights {

/// How far it is; read by others while it runs.
struct emission {
  std::atomic<std::int64_t> emitted = 0;
  std::atomic<std::int64_t> already_there = 0;  ///< rows that an earlier run emitted
  std::atomic<bool> done = false;
};

/// Emits the rows in file order, each once however often it is run, at most `rate` a second (0: as fast as it goes);
/// then stops the emitter.
[[nodiscard]] corka::task<> emit_rows(corka::emitter<flight>& to, std::string folder, double rate, emission& progress);

}  // namespace flights
