#include "query/cluster_json.hpp"
#include "query/history.hpp"

#include "support/instance_answers.hpp"

#include <doctest/doctest.h>
#include <nlohmann/json.hpp>

#include <string>
#include <utility>
#include <vector>

using namespace corka;
using json = nlohmann::ordered_json;
using query::instance_answer;

namespace {

instance_answer said(std::string address, const json& body) {
  auto i = test::said(std::move(address), body);
  i.self = i.address == "a:1";
  return i;
}

instance_answer silent(std::string address) {
  auto i = said(std::move(address), {});
  i.body.reset();
  i.why = "it does not answer";
  return i;
}

/// `slow`: calls of the last second that took 100 to 200 ms, beside 10 of 1 to 2 us.
json rates(json in, int slow) {
  return {{"partitions", 2},
          {"in", std::move(in)},
          {"in_bytes", 10},
          {"out", 1},
          {"written", 1},
          {"lag", 3},
          {"lag_seconds", 0.5},
          {"failed", 0},
          {"dead_lettered", 0},
          {"in_flight", 1},
          {"callback_p50_us", 1},
          {"callback_p99_us", 1},
          {"callback_buckets", slow > 0 ? json{1, 10, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, slow} : json{1, 10}}};
}

json processor(json lag, json of_rates, const std::string& state = "running") {
  return {{"group", "planes"},
          {"state", state},
          {"connected", true},
          {"error", nullptr},
          {"uptime_seconds", 60},
          {"rebalances", 2},
          {"problems", json::array({"the topic has grown"})},
          {"partitions_total", 4},
          {"partitions_here", 2},
          {"partition_states", {{"recovering", 0}, {"running", 2}, {"draining", 0}, {"failed", 0}}},
          {"standbys", 1},
          {"records", 100},
          {"lag", std::move(lag)},
          {"lag_seconds", 1.5},
          {"failures", {{"failed", 1}, {"retried", 2}, {"skipped", 0}, {"dead_lettered", 3}}},
          {"rewinds", 1},
          {"rates", std::move(of_rates)}};
}

json view(int rows, json lag, const std::string& state = "running") {
  return {{"view", "view-t"},
          {"table", "t"},
          {"state", state},
          {"reason", state == "running" ? json(nullptr) : json("away")},
          {"uptime_seconds", 5},
          {"rows", rows},
          {"bytes", rows * 10},
          {"lag", lag},
          {"rates", {{"in", 2}, {"in_bytes", 20}, {"written", 1}, {"lag", lag}, {"rows", rows}, {"bytes", rows * 10}}}};
}

json summary(const std::string& version, int uptime, json processors, json views = json::array()) {
  return {{"version", version},
          {"instance", "name of " + version},
          {"t", 1000 + uptime},
          {"uptime_seconds", uptime},
          {"healthy", true},
          {"ready", uptime > 10},
          {"reasons", uptime > 10 ? json::array() : json::array({"planes is starting"})},
          {"processors", std::move(processors)},
          {"views", std::move(views)},
          {"tables", {"planes-table"}}};
}

/// Columns of `n` equal figures.
json columns(std::size_t n, json in, json partitions, json buckets = json{1, 10}) {
  json made;
  for (const auto* const name : {"in_bytes", "out", "written", "lag", "failed", "dead_lettered", "in_flight"})
    made[name] = std::vector<int>(n, 1);
  made["in"] = std::vector<json>(n, std::move(in));
  made["partitions"] = std::vector<json>(n, std::move(partitions));
  made["lag_seconds"] = std::vector<json>(n, nullptr);
  made["callback_buckets"] = std::vector<json>(n, std::move(buckets));
  return made;
}

json history(const std::vector<std::int64_t>& t, const json& of, json views = json::object()) {
  return {{"step_seconds", 1}, {"t", t}, {"total", of}, {"processors", {{"planes", of}}}, {"views", std::move(views)}};
}

}  // namespace

TEST_CASE("cluster summary: a processor is one, with sums, the furthest, and quantiles of all calls together") {
  const auto j =
      query::cluster_summary_json({said("a:1", summary("1", 100, json::array({processor(3, rates(1.5, 0))}))),
                                   said("b:1", summary("1", 900, json::array({processor(4, rates(2.0, 90))})))});
  REQUIRE(j["processors"].size() == 1);
  const auto& p = j["processors"][0];
  CHECK(p["instances"] == 2);
  CHECK(p["partitions_total"] == 4);
  CHECK(p["partitions_here"] == 4);
  CHECK(p["partition_states"]["running"] == 4);
  CHECK(p["records"] == 200);
  CHECK(p["lag"] == 7);
  CHECK(p["lag_seconds"] == 1.5);
  CHECK(p["failures"]["dead_lettered"] == 6);
  CHECK(p["rates"]["in"] == 3.5);
  CHECK(p["rates"]["partitions"] == 4);
  CHECK(p["rates"]["lag_seconds"] == 0.5);
  // Of 110 calls 90 were slow, all of one instance: its median is not averaged away.
  CHECK(p["rates"]["callback_p50_us"].get<double>() > 100'000);
  CHECK(p["problems"] == json({"the topic has grown"}));
  CHECK(j["total"]["in"] == 3.5);
  CHECK(j["total"]["callback_p50_us"] == p["rates"]["callback_p50_us"]);
  CHECK(j["uptime_seconds"] == 900);
  CHECK(j["t"] == 1100);
  CHECK(j["ready"] == true);
  CHECK(j["versions"] == json({{{"version", "1"}, {"instances", {"a:1", "b:1"}}}}));
  CHECK(j["instances"][1]["uptime_seconds"] == 900);
  CHECK(j["tables"] == json({"planes-table"}));
  CHECK(j["missing"].empty());
}

TEST_CASE("cluster summary: what one instance does not know is unknown, and what it says is said to be its") {
  auto sick = processor(nullptr, nullptr, "failed");
  sick["error"] = "no such carrier";
  sick["problems"].push_back("a broker is slow");
  const auto j = query::cluster_summary_json({said("a:1", summary("1", 100, json::array({processor(3, rates(1, 0))}))),
                                              said("b:1", summary("2", 5, json::array({sick}))), silent("c:1")});
  const auto& p = j["processors"][0];
  CHECK(p["state"] == "failed");
  CHECK(p["error"] == "b:1: no such carrier");
  CHECK(p["problems"] == json({"the topic has grown", "b:1: a broker is slow"}));
  CHECK(p["lag"].is_null());
  CHECK(p["rates"]["in"].is_null());
  CHECK(p["rates"]["callback_p99_us"].is_null());
  CHECK(j["ready"] == false);
  CHECK(j["reasons"] == json({"b:1: planes is starting"}));
  CHECK(j["versions"].size() == 2);
  REQUIRE(j["missing"].size() == 1);
  CHECK(j["missing"][0]["instance"] == "c:1");
}

TEST_CASE("cluster summary: each instance has all of a view, so its rows count once") {
  const auto j = query::cluster_summary_json(
      {said("a:1", summary("1", 100, json::array(), json::array({view(16, 2)}))),
       said("b:1", summary("1", 100, json::array(), json::array({view(15, 4, "disconnected")}))),
       said("c:1", summary("1", 100, json::array(), json::array({view(16, 0)})))});
  REQUIRE(j["views"].size() == 1);
  const auto& v = j["views"][0];
  CHECK(v["rows"] == 16);
  CHECK(v["bytes"] == 160);
  CHECK(v["lag"] == 4);
  CHECK(v["state"] == "disconnected");
  CHECK(v["reason"] == "b:1: away");
  CHECK(v["rates"]["in"] == 6);
  CHECK(v["rates"]["rows"] == 16);
  CHECK(v["instances"] == 3);
}

TEST_CASE("cluster history: sums second by second, by each instance's own times") {
  const auto a = history({10'000, 11'000, 12'000}, columns(3, 1.5, 2));
  const auto b =
      history({10'400, 11'400, 12'400}, columns(3, 2, 2, json{17, 90}), {{"view-t", columns(3, 1, nullptr)}});
  const auto j = query::cluster_history_json({said("a:1", a), said("b:1", b), silent("c:1")}, {});
  CHECK(j["t"] == json({10'000, 11'000, 12'000}));
  CHECK(j["total"]["in"] == json({3.5, 3.5, 3.5}));
  CHECK(j["processors"]["planes"]["in"] == json({3.5, 3.5, 3.5}));
  CHECK(j["processors"]["planes"]["lag_seconds"][0].is_null());
  CHECK(j["processors"]["planes"]["callback_p50_us"][0].get<double>() > 100'000);
  CHECK(j["views"]["view-t"]["in"] == json({1, 1, 1}));
  CHECK(j["instances"][1]["since"] == 10'400);
  const auto some = query::cluster_history_json(
      {said("a:1", a), said("b:1", b)},
      {.digits = 1, .total = {{"in", "callback_p99_us"}}, .processors = {{}}, .views = {{"lag"}}});
  CHECK(some["total"].size() == 2);
  CHECK(some["total"]["in"] == json({4, 4, 4}));
  CHECK(some["processors"]["planes"] == json::object());
  CHECK(some["views"]["view-t"] == json({{"lag", {1, 1, 1}}}));
  CHECK(j["missing"].size() == 1);
}

TEST_CASE("cluster history: before an instance was there sums are unknown, unless the others had everything") {
  const json young = history({12'000}, columns(1, 2, 2));
  auto old = columns(3, 5, 2);
  auto j = query::cluster_history_json({said("a:1", history({10'000, 11'000, 12'000}, old)), said("b:1", young)}, {});
  CHECK(j["processors"]["planes"]["in"] == json({nullptr, nullptr, 7}));
  CHECK(j["total"]["in"] == json({nullptr, nullptr, 7}));
  CHECK(j["total"]["callback_p50_us"] == json({nullptr, nullptr, 1.5}));
  // It came, and took two of four over.
  old["partitions"] = {4, 4, 2};
  j = query::cluster_history_json({said("a:1", history({10'000, 11'000, 12'000}, old)), said("b:1", young)}, {});
  CHECK(j["processors"]["planes"]["in"] == json({5, 5, 7}));
  CHECK(j["total"]["in"] == json({5, 5, 7}));
  CHECK(j["total"]["callback_p50_us"] == json({1.5, 1.5, 1.5}));
}

TEST_CASE(
    "cluster history: unknown is not zero, several processors of a group are one, and who only serves has no part") {
  auto unknown = columns(2, nullptr, 1);
  unknown["callback_buckets"] = {nullptr, json::array({99})};
  auto several = history({10'000, 11'000}, columns(2, 3, 2));
  several["processors"] = {{"planes", columns(2, 1, 1)}, {"planes#2", columns(2, 2, 1)}};
  auto j = query::cluster_history_json({said("a:1", several)}, {});
  CHECK(j["processors"].size() == 1);
  CHECK(j["processors"]["planes"]["in"] == json({3, 3}));
  j = query::cluster_history_json({said("a:1", several), said("b:1", history({10'000, 11'000}, unknown))}, {});
  CHECK(j["processors"]["planes"]["in"] == json({nullptr, nullptr}));
  CHECK(j["processors"]["planes"]["out"] == json({3, 3}));
  CHECK(j["processors"]["planes"]["callback_p50_us"] == json({1.5, nullptr}));
  json front = history({10'000, 11'000}, columns(2, nullptr, nullptr));
  front["processors"] = json::object();
  j = query::cluster_history_json({said("a:1", front), said("b:1", several)}, {});
  CHECK(j["total"]["in"] == json({3, 3}));
}

TEST_CASE("cluster latency: buckets are added one by one, and quantiles are theirs; other buckets are not mixed in") {
  const auto histogram = [](std::size_t bucket, int n) {
    std::vector<int> buckets(latency_bounds_us.size() + 1);
    buckets[bucket] = n;
    return json{{"count", n}, {"sum", n * 2.5}, {"p50", 1}, {"p95", 1}, {"p99", 1}, {"max", n}, {"buckets", buckets}};
  };
  const auto of = [&](std::size_t bucket, int n, json bounds = json(latency_bounds_us)) {
    const auto h = histogram(bucket, n);
    return json{{"bounds_us", std::move(bounds)},
                {"processors", json::array({{{"group", "planes"},
                                             {"member", 1},
                                             {"callback", h},
                                             {"ack", h},
                                             {"checkpoint", h},
                                             {"end_to_end", h}}})}};
  };
  auto twice = of(1, 5);
  twice["processors"].push_back(twice["processors"][0]);
  const auto j = query::cluster_latency_json(
      {said("a:1", twice), said("b:1", of(17, 90)), said("c:1", of(1, 1000, json{1, 2})), silent("d:1")});
  REQUIRE(j["processors"].size() == 1);
  const auto& p = j["processors"][0];
  CHECK(p["instances"] == 2);
  CHECK(p["ack"]["count"] == 100);
  CHECK(p["ack"]["sum"] == 250);
  CHECK(p["ack"]["max"] == 90);
  CHECK(p["ack"]["buckets"][1] == 10);
  CHECK(p["ack"]["buckets"][17] == 90);
  CHECK(p["ack"]["p50"].get<double>() > 100'000);
  REQUIRE(j["missing"].size() == 2);
  CHECK(j["missing"][1]["instance"] == "c:1");
  CHECK(j["missing"][1]["why"] == "it counts by other bounds: it runs another version");
}

TEST_CASE("cluster log: entries by time with their instance, the newest of all") {
  const auto log = [](const std::vector<int>& times, bool dropped = false) {
    json entries = json::array();
    for (const auto t : times) entries.push_back({{"id", entries.size() + 1}, {"t", t}, {"instance", "a lie"}});
    return json{{"entries", entries}, {"dropped", dropped}};
  };
  const std::vector all{said("a:1", log({10, 30, 50})), said("b:1", log({20, 30})), silent("c:1")};
  auto j = query::cluster_log_json(all, 4);
  std::vector<std::string> seen;
  for (const auto& e : j["entries"]) seen.push_back(e["instance"].get<std::string>() + "@" + e["t"].dump());
  CHECK(seen == std::vector<std::string>{"b:1@20", "a:1@30", "b:1@30", "a:1@50"});
  CHECK(j["dropped"] == true);
  CHECK(j["missing"].size() == 1);
  j = query::cluster_log_json(all, 5);
  CHECK(j["entries"].size() == 5);
  CHECK(j["dropped"] == false);
  CHECK(query::cluster_log_json({said("a:1", log({}, true))}, 5)["dropped"] == true);
}

TEST_CASE("cluster sums: whatever an instance says, the others are shown") {
  const auto honest = said("a:1", summary("1", 100, json::array({processor(3, rates(1, 0))})));
  const auto past = said("a:1", history({10'000, 11'000}, columns(2, 1, 2)));
  for (
      const std::string lie :
      {"[]", R"({"processors":{},"views":7,"t":"x","version":3,"tables":[1],"reasons":[{}]})",
       R"({"processors":[1,{"group":[]},{"group":"planes","rates":7,"failures":[],"partition_states":null,"problems":"x"}]})",
       R"({"processors":[{"group":"planes","rates":{"in":"x","callback_buckets":[1e9,-1]}}],"views":[{"view":"v"}]})",
       R"({"t":[3,2,1],"total":[],"processors":{"planes":7,"#":{},"x#2":{"in":[[]]}},"views":[]})",
       R"({"t":[9223372036854775807,-9223372036854775808],"processors":{"planes":{}}})",
       R"({"t":[9223372036854775806,9223372036854775807],"total":{"in":[1]},"processors":{"planes":{"in":[1],"callback_buckets":[[25,1,1,1]]}}})"}) {
    CAPTURE(lie);
    auto b = said("b:1", {});
    b.body = lie;
    CHECK(query::cluster_summary_json({honest, b})["processors"][0]["group"] == "planes");
    CHECK(query::cluster_history_json({past, b}, {})["t"].size() == 2);
    CHECK(query::cluster_summary_json({b}).contains("missing"));
    CHECK(query::cluster_latency_json({b})["processors"].empty());
    CHECK(query::cluster_log_json({b}, 1)["entries"].size() <= 1);
    CHECK(query::cluster_history_json({b}, {})["t"].size() <= 2);
  }
}

TEST_CASE("buckets: packed without their empty ends, and read with care") {
  query::bucket_counts counts{};
  CHECK(query::packed_buckets(counts).is_null());
  counts[3] = 7;
  counts[5] = 1;
  CHECK(query::packed_buckets(counts) == json({3, 7, 0, 1}));
  query::bucket_counts sum{};
  CHECK(query::add_packed_buckets(sum, nullptr));
  CHECK(query::add_packed_buckets(sum, query::packed_buckets(counts)));
  CHECK(query::add_packed_buckets(sum, query::packed_buckets(counts)));
  CHECK(sum[3] == 14);
  CHECK(sum[4] == 0);
  CHECK(sum[5] == 2);
  const auto before = sum;
  for (const auto& wrong : std::vector<json>{7,
                                             json::array(),
                                             {1, -1},
                                             {26, 1},
                                             {0, 1.5},
                                             {1, "x"},
                                             {1, std::uint64_t{1} << 60U},
                                             {std::uint64_t{1} << 53U, 1},
                                             std::vector<int>(28, 0)})
    CHECK_FALSE(query::add_packed_buckets(sum, wrong));
  CHECK(sum == before);
}
