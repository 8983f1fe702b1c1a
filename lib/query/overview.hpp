// Everything at a glance, and what is drawn of it.
#pragma once

#include "query/ports.hpp"
#include "query/samples.hpp"

#include <nlohmann/json_fwd.hpp>

#include <string_view>

namespace corka::query {

class monitor;

[[nodiscard]] std::string_view program_version() noexcept;

/// The status without partitions: what /api/v1/summary and the event `status` say.
/// `buckets`: how long the last second's callbacks took is said by buckets, too, for those who merge several
/// instances'.
[[nodiscard]] nlohmann::ordered_json summary_json(const look& now, const monitor& by, const source& from,
                                                  bool buckets = false);

/// The latency histograms of each processor, its partitions merged.
[[nodiscard]] nlohmann::ordered_json latencies_json(const std::vector<processor_status>& all);

/// Topics, groups and views as nodes, what they read and write as edges, with rates and lags.
[[nodiscard]] nlohmann::ordered_json topology_json(const std::vector<processor_status>& all,
                                                   const std::vector<view_status>& views, const rates& r);

/// What this process has of the table `name`: a view's copies, or the groups' own.
[[nodiscard]] nlohmann::ordered_json table_json(const std::string& name, const std::vector<processor_status>& all,
                                                const std::vector<view_status>& views, const rates& r);
/// The same without its partitions.
[[nodiscard]] nlohmann::ordered_json table_summary_json(const std::string& name,
                                                        const std::vector<processor_status>& all,
                                                        const std::vector<view_status>& views, const rates& r);

[[nodiscard]] nlohmann::ordered_json settings_json(const std::vector<settings_section>& all);

}  // namespace corka::query
