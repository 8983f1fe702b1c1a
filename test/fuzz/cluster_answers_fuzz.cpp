// What other instances answer is looked at before it is used: any bytes are put together, or refused, and pages of rows
// come through whole.
#include "fuzz/fuzzing.hpp"

#include "query/cluster_json.hpp"
#include "query/cluster_pages.hpp"
#include "query/json_text.hpp"
#include "query/read_json.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

using namespace corka;
using fuzz::require;

namespace {

void check_page(std::string_view text) {
  const auto page = query::from_lines(text);
  if (!page) return;
  const auto again = query::from_lines(query::to_lines(*page));
  require(again && again->rows.size() == page->rows.size() && again->more == page->more);
  for (std::size_t i = 0; i < page->rows.size(); ++i) {
    require(again->rows[i].key == page->rows[i].key);
    require(nlohmann::json::accept(page->rows[i].json));
  }
  const auto merged = query::merge_pages({*page, *page}, 3, key_order::ascending);
  require(merged.rows.size() <= 3);
}

void check_text(const nlohmann::ordered_json& j) { require(query::read_json(query::json_text(j)).has_value()); }

query::instance_answer said_by(std::string address, std::string_view body) {
  query::instance_answer a;
  a.address = std::move(address);
  a.members = {"m-" + a.address};
  a.groups = {"planes"};
  a.body = std::string{body};
  return a;
}

void check_together(std::string_view one, std::string_view other) {
  std::vector<query::instance_answer> all{said_by("10.0.0.1:80", one), said_by("10.0.0.2:80", other)};
  all.front().self = true;
  auto& silent = all.emplace_back(said_by("10.0.0.3:80", {}));
  silent.body.reset();
  silent.why = "it does not answer";
  query::group_description group{
      "planes", 2, partitioner::fnv1a, {{"m-10.0.0.1:80", "10.0.0.1:80", {partition_id{0}}}}};
  const auto map = std::make_shared<const query::cluster_map>(std::move(group));
  check_text(query::cluster_status_json(all));
  check_text(query::cluster_topology_json(all));
  check_text(query::cluster_partitions_json("planes", all, 2));
  check_text(query::cluster_visits_json(all));
  check_text(query::cluster_summary_json(all));
  check_text(query::cluster_history_json(all, {}));
  check_text(query::cluster_latency_json(all));
  check_text(query::cluster_log_json(all, 3));
  check_text(query::cluster_instances_json(all, {map}));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view bytes{reinterpret_cast<const char*>(data), size};
  check_page(bytes);
  // Two instances' answers, with an empty line between them.
  const auto gap = bytes.find("\n\n");
  check_together(bytes.substr(0, gap), gap == std::string_view::npos ? bytes : bytes.substr(gap + 2));
  return 0;
}
