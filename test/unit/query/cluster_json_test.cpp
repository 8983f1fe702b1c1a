#include "query/cluster_json.hpp"

#include "support/instance_answers.hpp"

#include <doctest/doctest.h>
#include <nlohmann/json.hpp>

#include <memory>
#include <string>
#include <vector>

using namespace corka;
using json = nlohmann::ordered_json;
using query::instance_answer;
using test::said;

namespace {

instance_answer silent(std::string address, std::string why) {
  instance_answer i = said(std::move(address), {});
  i.body.reset();
  i.why = std::move(why);
  return i;
}

}  // namespace

TEST_CASE("cluster: status is one beside the other, and who is missing is said with the reason") {
  const auto j = query::cluster_status_json({said("a:1", {{"ready", true}}), silent("b:1", "it does not answer")});
  REQUIRE(j["instances"].size() == 1);
  CHECK(j["instances"][0]["instance"] == "a:1");
  CHECK(j["instances"][0]["status"]["ready"] == true);
  REQUIRE(j["missing"].size() == 1);
  CHECK(j["missing"][0]["instance"] == "b:1");
  CHECK(j["missing"][0]["why"] == "it does not answer");
  auto odd = said("c:1", {});
  odd.body = "<html>";
  CHECK(query::cluster_status_json({odd})["missing"][0]["why"] == "what it answered is no JSON of an instance");
}

TEST_CASE("cluster: the topology is one, with sums of rates and of known lags") {
  const auto topology = [](json rate, json lag, json seconds, json rows) {
    return json{
        {"nodes",
         {{{"id", "table:t"}, {"state", nullptr}, {"partitions", 4}, {"rows", rows}, {"bytes", 10}, {"whole", false}}}},
        {"edges", {{{"id", "e"}, {"records_per_second", rate}, {"lag", lag}, {"lag_seconds", seconds}}}},
        {"processors", {{{"group", "planes"}, {"topology", {"input flights: json"}}}}}};
  };
  auto j = query::cluster_topology_json(
      {said("a:1", topology(1.5, 3, 0.5, 7)), said("b:1", topology(2.0, 4, 2.0, nullptr)), silent("c:1", "gone")});
  REQUIRE(j["edges"].size() == 1);
  CHECK(j["edges"][0]["records_per_second"] == 3.5);
  CHECK(j["edges"][0]["lag"] == 7);
  CHECK(j["edges"][0]["lag_seconds"] == 2.0);
  REQUIRE(j["nodes"].size() == 1);
  CHECK(j["nodes"][0]["rows"] == 7);
  CHECK(j["nodes"][0]["bytes"] == 20);
  CHECK(j["nodes"][0]["partitions"] == 4);
  CHECK(j["processors"].size() == 1);
  CHECK(j["missing"].size() == 1);
  j = query::cluster_topology_json({said("a:1", topology(1, 3, 0, 1)), said("b:1", topology(1, nullptr, 0, 1))});
  CHECK(j["edges"][0]["lag"].is_null());
}

TEST_CASE("cluster: rows of what each instance holds whole count once, however the others have the table") {
  const auto topology = [](json whole, json rows, json lag) {
    return json{{"nodes", {{{"id", "topic:t"}, {"rows", rows}, {"bytes", rows}, {"whole", whole}}}},
                {"edges", {{{"id", "lookup:t->g"}, {"kind", "lookup"}, {"records_per_second", 1}, {"lag", lag}}}}};
  };
  const auto of = [](const std::vector<json>& all) {
    std::vector<instance_answer> answers;
    for (const auto& one : all) answers.push_back(said("a:" + std::to_string(answers.size()), one));
    return query::cluster_topology_json(answers);
  };
  auto j = of({topology(true, 16, 2), topology(true, 15, 5), topology(true, 16, 0)});
  CHECK(j["nodes"][0]["rows"] == 16);
  CHECK(j["nodes"][0]["bytes"] == 16);
  CHECK(j["edges"][0]["lag"] == 5);
  CHECK(of({topology(true, 16, nullptr), topology(true, 16, 5)})["edges"][0]["lag"].is_null());
  // Parts of it at some, all of it at others: all of it is more than any part.
  for (const auto& order :
       std::vector<std::vector<json>>{{topology(false, 5, 0), topology(true, 16, 0), topology(false, 11, 0)},
                                      {topology(true, 16, 0), topology(false, 5, 0), topology(nullptr, nullptr, 0)},
                                      {topology(nullptr, nullptr, 0), topology(false, 5, 0), topology(true, 16, 0)}}) {
    j = of(order);
    CHECK(j["nodes"][0]["rows"] == 16);
    CHECK(j["nodes"][0]["whole"] == true);
  }
  j = of({topology(false, 5, 0), topology(nullptr, nullptr, 0), topology(false, 11, 0)});
  CHECK(j["nodes"][0]["rows"] == 16);
  CHECK(j["nodes"][0]["whole"] == false);
}

TEST_CASE("cluster: partitions say whose they are, and which are nobody's") {
  const auto of = [](std::vector<int> numbers) {
    json list = json::array();
    for (const auto n : numbers) list.push_back({{"partition", n}, {"state", "running"}});
    return json{
        {"group", "planes"}, {"instance", "its own name"}, {"partitions", list}, {"standbys", {{{"partition", 9}}}}};
  };
  const auto j = query::cluster_partitions_json("planes", {said("a:1", of({3, 0})), said("b:1", of({1}))}, 5);
  REQUIRE(j["partitions"].size() == 3);
  CHECK(j["partitions"][0] == json({{"instance", "a:1"}, {"partition", 0}, {"state", "running"}}));
  CHECK(j["partitions"][1]["instance"] == "b:1");
  CHECK(j["unassigned"] == json({2, 4}));
  CHECK(j["standbys"][1]["instance"] == "b:1");
  CHECK(j["missing"].empty());
}

TEST_CASE("cluster: a visit that runs on several instances is one") {
  const auto visiting = [](int rows) {
    return json{
        {"processors",
         {{{"group", "planes"},
           {"visits",
            {{{"visitor", "age"}, {"rows", rows}, {"rows_left", 1}, {"partitions_ended", 0}, {"partitions", 2}}}}}}}};
  };
  const auto j = query::cluster_visits_json({said("a:1", visiting(10)), said("b:1", visiting(5))});
  REQUIRE(j["visits"].size() == 1);
  CHECK(j["visits"][0]["rows"] == 15);
  CHECK(j["visits"][0]["partitions"] == 4);
  CHECK(j["visits"][0]["instances"] == json({"a:1", "b:1"}));
}

TEST_CASE("cluster: instances are a map of who holds what, who keeps copies, and what moved when") {
  const auto status = [](int standby, int moved_at) {
    return json{
        {"version", "1"},
        {"processors",
         {{{"group", "planes"},
           {"state", "running"},
           {"partitions", {{{"partition", 0}, {"state", "recovering"}}}},
           {"standby_copies",
            {{{"topic", "planes-table"}, {"partition", standby}, {"state", "following"}, {"lag", 0}, {"rows", 5}}}},
           {"rebalance_history",
            {{{"t", moved_at}, {"kind", "assigned"}, {"partitions", {0}}, {"duration_ms", 12}}}}}}}};
  };
  query::group_description d{"planes", 4, partitioner::fnv1a, {}};
  d.members = {
      {"a:1-id", "a:1", {partition_id{0}, partition_id{2}}}, {"b:1-id", "b:1", {partition_id{1}}}, {"c-id", "", {}}};
  auto unannounced = silent("", "it announces no address");
  unannounced.members = {"c-id"};
  const auto j = query::cluster_instances_json({said("a:1", status(1, 200)), said("b:1", status(0, 100)), unannounced},
                                               {std::make_shared<const query::cluster_map>(d)});
  const auto& g = j["groups"][0];
  CHECK(g["partitions_total"] == 4);
  CHECK(g["unassigned"] == json({3}));
  REQUIRE(g["members"].size() == 3);
  CHECK(g["members"][0]["holds"] == json({0, 2}));
  CHECK(g["members"][0]["states"]["0"] == "recovering");
  CHECK(g["members"][0]["standbys"][0]["partition"] == 1);
  CHECK(g["members"][0]["reachable"] == true);
  CHECK(g["members"][2]["reachable"] == false);
  CHECK(g["members"][2]["why"] == "it announces no address");
  REQUIRE(g["rebalances"].size() == 2);
  CHECK(g["rebalances"][0]["instance"] == "b:1");
  CHECK(g["rebalances"][0]["duration_ms"] == 12);
  CHECK(g["rebalances"][1]["t"] == 200);
  CHECK(j["missing"].size() == 1);
}

TEST_CASE("cluster: whatever an instance says, the others are shown, and nothing grows by it") {
  const std::string deep(200'000, '[');
  const std::vector<std::string> lies{
      "[1]",
      deep,
      R"({"processors":)" + deep + std::string(deep.size(), ']') + "}",
      R"({"processors":[1,"x",null,{"group":7,"visits":[3,{"visitor":[]}]}],"partitions":[4,{"partition":"x"}]})",
      R"({"processors":{},"partitions":{},"partitions_total":"many","nodes":[{"id":3}],"edges":[{"id":null},7]})",
      R"({"partitions_total":2147483647,"partitions":[{"partition":1e300},{"partition":99999999999999999999}]})",
      R"({"processors":[{"group":"planes","partitions":[2,{"partition":{}}],"standby_copies":[1],
          "rebalance_history":[{"t":"now"},{"t":-1e99}],"visits":[{"visitor":"age","rows":9223372036854775807},
          {"visitor":"age","rows":9223372036854775807}]}]})"};
  query::group_description d{"planes", 3, partitioner::fnv1a, {}};
  d.members = {{"a:1-id", "a:1", {partition_id{0}}}, {"b:1-id", "b:1", {partition_id{1}}}};
  const auto map = std::make_shared<const query::cluster_map>(d);
  const json honest{{"partitions", {{{"partition", 0}}}}, {"nodes", {{{"id", "n"}}}}};
  for (const auto& lie : lies) {
    CAPTURE(lie.substr(0, 80));
    auto b = said("b:1", {});
    b.body = lie;
    const std::vector all{said("a:1", honest), b};
    CHECK(query::cluster_status_json(all)["instances"][0]["instance"] == "a:1");
    CHECK(query::cluster_topology_json(all)["nodes"][0]["id"] == "n");
    CHECK(query::cluster_partitions_json("planes", all, 3)["unassigned"].size() <= 3);
    CHECK(query::cluster_visits_json(all)["visits"].size() <= 2);
    CHECK(query::cluster_instances_json(all, {map})["groups"][0]["members"].size() == 2);
  }
}
