// Status as JSON, as the API shows it.
#pragma once

#include "query/rebalance_reasons.hpp"
#include "query/samples.hpp"

#include <corka/status.hpp>

#include <nlohmann/json.hpp>

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>

namespace corka::query {

/// State, counts and sums; unknown numbers are null. `now`: what happened in the last second, if anybody looked.
[[nodiscard]] nlohmann::ordered_json summary_json(const processor_status& p, const processor_sample* now);
/// The summary, the partitions and the topology.
[[nodiscard]] nlohmann::ordered_json processor_json(const processor_status& p, const processor_sample* now,
                                                    const rates& r, const rebalance_reasons& why);
/// What other instances and the picture of the whole group need: partitions and their states, copies, what moved.
/// A tenth of processor_json.
[[nodiscard]] nlohmann::ordered_json assignment_json(const processor_status& p, const rebalance_reasons& why);
/// How far each partition is, by the input that is furthest behind: a row of a table. A sixth of partitions_json.
[[nodiscard]] nlohmann::ordered_json progress_json(const processor_status& p, const rates& r);
[[nodiscard]] nlohmann::ordered_json standby_progress_json(const processor_status& p);
[[nodiscard]] nlohmann::ordered_json partitions_json(const processor_status& p, const rates& r);
[[nodiscard]] nlohmann::ordered_json standbys_json(const processor_status& p);

/// State, counts and sums.
[[nodiscard]] nlohmann::ordered_json summary_json(const view_status& v, const view_sample* now);
/// The summary and the partitions.
[[nodiscard]] nlohmann::ordered_json view_json(const view_status& v, const view_sample* now);

[[nodiscard]] nlohmann::ordered_json recovery_json(const std::optional<recovery_status>& r);

/// Sum over all inputs here; unknown when one of them is.
[[nodiscard]] std::optional<std::int64_t> total_lag(const processor_status& p);
/// The largest of all inputs here; unknown where all are.
[[nodiscard]] std::optional<std::chrono::milliseconds> largest_lag_time(const processor_status& p);

template <class T>
[[nodiscard]] nlohmann::ordered_json or_null(const std::optional<T>& v) {
  return v ? nlohmann::ordered_json(*v) : nlohmann::ordered_json(nullptr);
}
[[nodiscard]] nlohmann::ordered_json text_or_null(const std::string& text);
[[nodiscard]] nlohmann::ordered_json seconds_or_null(const std::optional<std::chrono::milliseconds>& d);
/// Two decimals.
[[nodiscard]] nlohmann::ordered_json rate_or_null(const std::optional<double>& per_second);

}  // namespace corka::query
