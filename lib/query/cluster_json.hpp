// What several instances say, put together.
#pragma once

#include "query/across_instances.hpp"
#include "query/history.hpp"

#include <nlohmann/json_fwd.hpp>

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

namespace corka::query {

// All of them say in `missing` whom they have nothing of, and why: {"instance", "members", "groups", "why"}. A body
// that is no JSON counts as none. No I/O.

/// Answers of /api/v1/status, one beside the other.
[[nodiscard]] nlohmann::ordered_json cluster_status_json(const std::vector<instance_answer>& all);
/// Answers of /api/v1/topology as one: what several have is there once, with sums of rates, lags and
/// rows; of what each holds whole, rows count once and the lag is the largest.
[[nodiscard]] nlohmann::ordered_json cluster_topology_json(const std::vector<instance_answer>& all);
/// Answers of /api/v1/processors/{group}/partitions as one, each partition with its instance; `unassigned` are those
/// that nobody said to have.
[[nodiscard]] nlohmann::ordered_json cluster_partitions_json(const std::string& group,
                                                             const std::vector<instance_answer>& all,
                                                             std::int32_t partitions_total);
/// Answers of /api/v1/status: visits of one visitor are one.
[[nodiscard]] nlohmann::ordered_json cluster_visits_json(const std::vector<instance_answer>& all);
/// Answers of /api/v1/actions: each action once, with the instances that have it; runs that were started together are
/// one.
[[nodiscard]] nlohmann::ordered_json cluster_actions_json(const std::vector<instance_answer>& all);
/// Runs that were started together, as one.
[[nodiscard]] nlohmann::ordered_json cluster_run_json(const std::string& key, const std::vector<instance_answer>& all);
/// Answers of /api/v1/assignment with the groups' own descriptions: who holds what, who keeps copies, and what moved
/// when.
[[nodiscard]] nlohmann::ordered_json cluster_instances_json(const std::vector<instance_answer>& all,
                                                            const std::vector<cluster_maps::map_pointer>& groups);

/// Answers of /api/v1/summary?buckets=1 as one: each processor and each view once, with sums; of what each instance
/// holds whole (views), rows count once. Quantiles are of all callbacks together.
[[nodiscard]] nlohmann::ordered_json cluster_summary_json(const std::vector<instance_answer>& all);
/// Answers of /api/v1/history?buckets=1, with all columns, as one that has what `wish` wants, at the times of the
/// first: sums where every instance that has the processor or view knows that step, else null.
[[nodiscard]] nlohmann::ordered_json cluster_history_json(const std::vector<instance_answer>& all,
                                                          const history_wish& wish);

/// Answers of /api/v1/latency as one histogram a group and kind: buckets added one by one.
[[nodiscard]] nlohmann::ordered_json cluster_latency_json(const std::vector<instance_answer>& all);
/// Answers of /api/v1/log as one, by time, each entry with its instance: the newest `limit`.
[[nodiscard]] nlohmann::ordered_json cluster_log_json(const std::vector<instance_answer>& all, std::size_t limit);

}  // namespace corka::query
