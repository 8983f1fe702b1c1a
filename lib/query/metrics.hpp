// Status as metrics.
#pragma once

#include "query/exposition.hpp"
#include "query/totals.hpp"

#include <corka/status.hpp>

#include <string>
#include <string_view>
#include <vector>

namespace corka::query {

struct metrics_options {
  /// Samples of single partitions; else of groups, tables and views as wholes, so that their number does not grow with
  /// that of partitions.
  bool partitions = true;
  exposition::format format = exposition::format::prometheus;
};

/// Text of everything that `all` says. What is unknown has no sample; of several processors of one group the second has
/// the label member="2". Latencies, and counts of whole groups, are those in `sums`.
[[nodiscard]] std::string metrics_text(const std::vector<processor_status>& all, const std::vector<view_status>& views,
                                       std::string_view version, const totals& sums,
                                       const metrics_options& options = {});

}  // namespace corka::query
