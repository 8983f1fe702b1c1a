// Status as JSON, as the API shows it.
#pragma once

#include <corka/status.hpp>

#include <nlohmann/json_fwd.hpp>

#include <optional>

namespace corka::query {

/// State, counts and sums; unknown numbers are null.
[[nodiscard]] nlohmann::ordered_json summary_json(const processor_status& p);
/// The summary, the partitions and the topology.
[[nodiscard]] nlohmann::ordered_json processor_json(const processor_status& p);
[[nodiscard]] nlohmann::ordered_json partitions_json(const processor_status& p);

/// State, counts and sums.
[[nodiscard]] nlohmann::ordered_json summary_json(const view_status& v);
/// The summary and the partitions.
[[nodiscard]] nlohmann::ordered_json view_json(const view_status& v);

/// Sum over all inputs here; unknown when one of them is.
[[nodiscard]] std::optional<std::int64_t> total_lag(const processor_status& p);

}  // namespace corka::query
