// A reader of the Prometheus text format 0.0.4 that accepts nothing but it.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace corka::test {

struct prometheus_sample {
  std::map<std::string, std::string> labels;
  double value = 0;
};
struct prometheus_family {
  std::string type;
  std::string help;
  std::vector<prometheus_sample> samples;
};

/// Families by name. @throws std::runtime_error with the line that is wrong: also for a family whose parts are not
/// together, that has two samples of the same labels, or whose name does not fit its type.
/// Samples of histograms have the label "__suffix__" more: "_bucket", "_sum" or "_count".
[[nodiscard]] std::map<std::string, prometheus_family> read_prometheus(std::string_view text);

/// The same of OpenMetrics 1.0: counters' families are named without "_total", and "# EOF" is the end.
[[nodiscard]] std::map<std::string, prometheus_family> read_openmetrics(std::string_view text);

/// What `promtool check metrics` says of names, types, help and labels; one line a complaint.
[[nodiscard]] std::vector<std::string> prometheus_lint(const std::map<std::string, prometheus_family>& all);

}  // namespace corka::test
