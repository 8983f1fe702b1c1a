// Reads the newest records of a topic.
#pragma once

#include "kafka/ports.hpp"
#include "query/ports.hpp"

#include <corka/runtime.hpp>
#include <corka/task.hpp>

#include <cstddef>
#include <cstdint>
#include <map>
#include <string>

namespace corka::app_parts {

/// The newest `limit` records of all partitions, each partition's in order without a gap, below the offsets in
/// `before`.
///
/// A connection of its own each time: this is for people who look, now and then; only a few at a time. Strand: any.
/// @throws error{errc::broker_unavailable, errc::timed_out} where that takes longer than a few seconds.
[[nodiscard]] task<query::dead_letters_page> read_letters(runtime_core& of, std::string topic, std::size_t limit,
                                                          std::map<std::int32_t, std::int64_t> before);

}  // namespace corka::app_parts
