// Making topics, and saying so.
#pragma once

#include "kafka/ports.hpp"

#include <corka/log.hpp>
#include <corka/task.hpp>

#include <vector>

namespace corka::processor_parts {

/// Makes those of `missing` that nobody has made meanwhile, and logs these alone.
[[nodiscard]] task<> make_topics(kafka::admin& admin, std::vector<kafka::new_topic> missing, const logger& log);

}  // namespace corka::processor_parts
