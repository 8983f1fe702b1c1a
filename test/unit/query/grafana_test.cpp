#include "query/metrics.hpp"
#include "support/fake_source.hpp"
#include "support/prometheus_text.hpp"

#include <doctest/doctest.h>
#include <nlohmann/json.hpp>

#include <fstream>
#include <regex>
#include <set>
#include <string>

using namespace corka;

TEST_CASE("dashboard: Grafana's asks for metrics that there are") {
  auto p = test::some_processor("planes", 1);
  p.partitions[0].joins = {test::some_copy("aircraft", 0)};
  p.lookups.emplace_back().partitions = {test::some_copy("airlines", 0)};
  p.standbys = {test::some_copy("planes-table", 7)};
  p.partitions[0].inputs[0].retention = std::chrono::seconds{6};
  p.partitions[0].table->recovery = recovery_status{};
  p.partitions[0].table->recovery->remaining = std::chrono::seconds{1};
  p.partitions[0].table->checkpoint_age = std::chrono::seconds{1};
  p.partitions[0].outputs = {{"x", {}}};
  const query::totals none;
  const auto known = test::read_prometheus(query::metrics_text({p}, {test::some_view("users", 1)}, "1", none));
  std::ifstream file{GRAFANA_DASHBOARD};
  const auto dashboard = nlohmann::json::parse(file);
  static const std::regex name{"corka_[a-z_]+"};
  std::set<std::string> asked;
  for (const auto& panel : dashboard["panels"]) {
    if (!panel.contains("targets")) continue;
    for (const auto& target : panel["targets"]) {
      const auto text = target["expr"].get<std::string>();
      for (auto at = std::sregex_iterator{text.begin(), text.end(), name}; at != std::sregex_iterator{}; ++at) {
        auto metric = at->str();
        if (metric.ends_with("_bucket")) metric.resize(metric.size() - 7);
        asked.insert(metric);
      }
    }
  }
  CHECK(asked.size() > 20);
  for (const auto& metric : asked) CHECK_MESSAGE(known.contains(metric), metric);
}
