// Where the partitions that a member was given begin.
#pragma once

#include "kafka/ports.hpp"
#include "partition/environment.hpp"
#include "partition/partition_runner.hpp"
#include "processor/group_topics.hpp"

#include <corka/log.hpp>
#include <corka/task.hpp>

#include <vector>

namespace corka::processor_parts {

/// Asks the group for committed offsets and the cluster for what there is; one point for each of `numbers`, in order.
/// @throws error{errc::broker_unavailable, errc::timed_out, errc::rebalance_in_progress}: ask again.
[[nodiscard]] task<std::vector<partition::start_point>> starting_points(kafka::member& member, kafka::admin& admin,
                                                                        const partition::environment& env,
                                                                        const group_topics& topics,
                                                                        std::vector<partition_id> numbers,
                                                                        const logger& log);

}  // namespace corka::processor_parts
