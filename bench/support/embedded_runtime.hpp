// A runtime on an embedded broker in memory, filled with the workload.
#pragma once

#include "support/workload.hpp"

#include <corka/runtime.hpp>

#include <cstdint>
#include <memory>

namespace bench {

/// Workers, store and state directory as in `options`; the broker's log is in memory.
[[nodiscard]] std::unique_ptr<corka::runtime> runtime_in_memory(const corka::runtime_options& options);

/// Makes the topics of a workload and writes their records.
[[nodiscard]] corka::task<> fill(corka::runtime& on, workload what, std::uint64_t records);

}  // namespace bench
