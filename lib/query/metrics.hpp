// Status as metrics.
#pragma once

#include <corka/status.hpp>

#include <string>
#include <string_view>
#include <vector>

namespace corka::query {

/// Prometheus text of everything that `all` says. What is unknown has no sample; of several
/// processors of one group the second has the label member="2".
[[nodiscard]] std::string metrics_text(const std::vector<processor_status>& all, const std::vector<view_status>& views,
                                       std::string_view version);

}  // namespace corka::query
