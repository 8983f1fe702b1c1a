#include "query/overview.hpp"
#include "support/fake_source.hpp"

#include <doctest/doctest.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <memory>
#include <string>
#include <vector>

using namespace corka;
using namespace std::chrono_literals;
using json = nlohmann::ordered_json;
using kind = edge_status::kind;

namespace {

processor_status with_edges(std::string group) {
  auto p = test::some_processor(std::move(group), 2);
  p.edges = {{kind::input, "flights", "json"},      {kind::loop, "planes-loop", "json"},
             {kind::table, "planes-table", "json"}, {kind::join, "aircraft", "json"},
             {kind::lookup, "airlines", "json"},    {kind::output, "late", "json"},
             {kind::dead_letters, "dead", ""}};
  for (auto& partition : p.partitions) {
    partition.outputs = {{"late", {10, 100}}, {"planes-loop", {0, 0}}};
    partition.joins = {test::some_copy("aircraft", partition.partition)};
  }
  p.lookups = {test::some_view("airlines", 1)};
  return p;
}

json edge(const json& of, const std::string& id) {
  for (const auto& e : of["edges"]) {
    if (e["id"] == id) return e;
  }
  return nullptr;
}
json node(const json& of, const std::string& id) {
  for (const auto& n : of["nodes"]) {
    if (n["id"] == id) return n;
  }
  return nullptr;
}

}  // namespace

TEST_CASE("topology: everything that is read and written, with what flows") {
  const auto before = with_edges("planes");
  auto now = before;
  now.partitions[0].inputs[0].in.records += 30;
  now.partitions[1].inputs[0].in.records += 12;
  now.partitions[1].outputs[0].out.records += 6;
  now.partitions[1].table->written.records += 9;
  now.partitions[1].joins[0].in.records += 3;
  now.partitions[1].failures.dead_lettered += 1;
  now.lookups[0].partitions[0].in.records += 5;
  auto view = test::some_view("planes-table", 2);
  const auto a = std::make_shared<const query::look>(query::look{clock::time_point{1s}, 1, {before}, {view}});
  view.partitions[0].in.records += 9;
  const auto b = std::make_shared<const query::look>(query::look{clock::time_point{4s}, 2, {now}, {view}});
  const auto t = query::topology_json({now}, {view}, query::rates{a, b});

  const auto in = edge(t, "input:topic:flights->group:planes");
  CHECK(in["records_per_second"] == 14);
  CHECK(in["lag"] == 40);
  CHECK(in["lag_seconds"] == 1.5);
  CHECK(in["codec"] == "json");
  CHECK(edge(t, "output:group:planes->topic:late")["records_per_second"] == 2);
  CHECK(edge(t, "table:group:planes->topic:planes-table")["records_per_second"] == 3);
  CHECK(edge(t, "join:topic:aircraft->group:planes")["records_per_second"] == 1);
  CHECK(edge(t, "join:topic:aircraft->group:planes")["lag"] == 10);
  CHECK(edge(t, "lookup:topic:airlines->group:planes")["records_per_second"] == doctest::Approx(1.67));
  CHECK(edge(t, "lookup:topic:airlines->group:planes")["lag"] == 5);
  CHECK(edge(t, "dead_letters:group:planes->topic:dead")["records_per_second"] == doctest::Approx(0.33));
  CHECK(edge(t, "view:topic:planes-table->view:view-planes-table")["records_per_second"] == 3);
  CHECK(edge(t, "loop_out:group:planes->topic:planes-loop")["records_per_second"] == 0);
  CHECK_FALSE(edge(t, "loop_in:topic:planes-loop->group:planes").is_null());

  CHECK(node(t, "topic:flights")["kind"] == "topic");
  CHECK(node(t, "topic:planes-table")["kind"] == "table");
  CHECK(node(t, "topic:planes-table")["rows"] == 100);
  CHECK(node(t, "topic:dead")["kind"] == "dead_letters");
  CHECK(node(t, "group:planes")["state"] == "running");
  CHECK(node(t, "view:view-planes-table")["rows"] == 80);
  CHECK(node(t, "topic:planes-table")["whole"] == false);
  CHECK(node(t, "topic:airlines")["whole"] == true);
  CHECK(node(t, "view:view-planes-table")["whole"] == true);
  CHECK(node(t, "topic:flights")["whole"].is_null());
  CHECK(t["nodes"].size() == 9);
}

TEST_CASE("topology: a table that one group has parts of and another all of shows all of it, whichever comes first") {
  auto owner = with_edges("planes");
  auto reader = test::some_processor("readers", 1);
  reader.edges = {{kind::lookup, "planes-table", "json"}};
  reader.lookups = {test::some_view("planes-table", 4)};
  for (const auto& all : {std::vector{owner, reader}, std::vector{reader, owner}}) {
    const auto t = query::topology_json(all, {}, {});
    CHECK(node(t, "topic:planes-table")["rows"] == reader.lookups[0].rows);
    CHECK(node(t, "topic:planes-table")["whole"] == true);
  }
}

TEST_CASE("topology: several processors of a group are one, and rates are unknown before two looks") {
  auto first = with_edges("planes");
  auto second = with_edges("planes");
  first.partitions.pop_back();
  second.partitions.erase(second.partitions.begin());
  const auto t = query::topology_json({first, second}, {}, {});
  CHECK(std::ranges::count_if(t["nodes"], [](const json& n) { return n["kind"] == "group"; }) == 1);
  const auto in = edge(t, "input:topic:flights->group:planes");
  CHECK(in["records_per_second"] == nullptr);
  CHECK(in["lag"] == 40);
  CHECK(node(t, "topic:planes-table")["rows"] == 100);
}

TEST_CASE("latency: histograms of all partitions, merged") {
  auto p = test::some_processor("planes", 2);
  for (auto& partition : p.partitions) {
    partition.callback = {};
    partition.callback.count = 10;
    partition.callback.sum = 40;
    partition.callback.max = 4.5;
    partition.callback.buckets[2] = 10;
  }
  const auto l = query::latencies_json({p, p});
  CHECK(l["bounds_us"].size() + 1 == l["processors"][0]["callback"]["buckets"].size());
  const auto callback = l["processors"][0]["callback"];
  CHECK(callback["count"] == 20);
  CHECK(callback["sum"] == 80);
  CHECK(callback["p50"] == 3.5);
  CHECK(callback["max"] == 4.5);
  CHECK(callback["buckets"][2] == 20);
  CHECK(l["processors"][0]["ack"]["p99"] == nullptr);
  CHECK(l["processors"][1]["member"] == 2);
}
