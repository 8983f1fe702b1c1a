// What is in a partition of the embedded broker.
#pragma once

#include "kafka/embedded/partition_log.hpp"
#include "kafka/ports.hpp"

#include <cstdint>
#include <functional>

namespace corka::simulation_parts {

/// Calls `visit` with every record from `from` on that is there now; views valid during the call.
void read_log(kafka::embedded::partition_log& log, std::int64_t from, const std::function<void(const record&)>& visit);

}  // namespace corka::simulation_parts
