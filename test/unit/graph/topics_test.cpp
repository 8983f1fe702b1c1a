#include "graph/topics.hpp"

#include <corka/error.hpp>
#include <corka/group.hpp>

#include <doctest/doctest.h>

#include <cstdint>
#include <map>
#include <string>

namespace corka::graph {

namespace {

const stream<std::int64_t> clicks{"clicks"};
const stream<std::int64_t> views{"views"};
const stream<std::string> alerts{"alerts"};

declaration counters() {
  group<std::int64_t> g{"counters"};
  const auto ignore = [](context<std::int64_t>&, std::int64_t) {};
  g.input(clicks, ignore).input(views, ignore).loop<std::int64_t>(ignore).output(alerts);
  return g.declared();
}

declaration joining() {
  group<> g{"joining"};
  g.input(clicks, [](context<void>&, std::int64_t) {});
  g.join(table<std::string>{"users"}).lookup(table<std::string>{"airlines"});
  return g.declared();
}

/// What the cluster has: partitions by topic.
std::vector<kafka::topic_description> cluster(const declaration& d, const std::map<std::string, int>& has) {
  std::vector<kafka::topic_description> out;
  for (const auto& topic : topics_of(d)) {
    const auto found = has.find(topic.str());
    kafka::topic_description t;
    t.topic = topic;
    if (found != has.end()) {
      t.exists = true;
      t.partitions = found->second;
    }
    out.push_back(t);
  }
  return out;
}

std::string error_of(const declaration& d, const std::map<std::string, int>& has, const creation& settings = {}) {
  try {
    (void)plan_topics(d, cluster(d, has), settings);
  } catch (const error& e) { return e.what(); }
  return {};
}

}  // namespace

TEST_SUITE("topic plan") {
  TEST_CASE("the group's own missing topics are made like its inputs") {
    const auto d = counters();
    const auto plan = plan_topics(d, cluster(d, {{"clicks", 8}, {"views", 8}, {"alerts", 3}}), {});
    CHECK(plan.partitions == 8);
    REQUIRE(plan.create.size() == 2);
    CHECK(plan.create[0].topic.str() == "counters-table");
    CHECK(plan.create[0].partitions == 8);
    CHECK(plan.create[0].config.at("cleanup.policy") == "compact");
    CHECK(plan.create[1].topic.str() == "counters-loop");
    CHECK(plan.create[1].config.at("cleanup.policy") == "delete");
    CHECK(plan.create[1].config.at("retention.ms") == "604800000");
  }

  TEST_CASE("nothing is made when all is there") {
    const auto d = counters();
    const auto plan = plan_topics(
        d, cluster(d, {{"clicks", 2}, {"views", 2}, {"alerts", 3}, {"counters-table", 2}, {"counters-loop", 2}}), {});
    CHECK(plan.create.empty());
    CHECK(plan.partitions == 2);
  }

  TEST_CASE("missing inputs and outputs are named, unless they may be made") {
    const auto d = counters();
    const auto what = error_of(d, {{"clicks", 8}});
    CHECK(what.find("input 'views', output 'alerts'") != std::string::npos);
    CHECK(what.find("topic_creation::all") != std::string::npos);
    const auto plan = plan_topics(d, cluster(d, {{"clicks", 8}}), {.inputs_and_outputs = true, .partitions = 4});
    CHECK(plan.partitions == 8);
    REQUIRE(plan.create.size() == 4);
    CHECK(plan.create[0].topic.str() == "views");
    CHECK(plan.create[0].partitions == 8);  // with its co-partitioned clicks
    CHECK(plan.create[1].topic.str() == "alerts");
    CHECK(plan.create[1].partitions == 4);
  }

  TEST_CASE("different numbers of partitions are an error that shows the numbers") {
    const auto d = counters();
    const auto what = error_of(d, {{"clicks", 8}, {"views", 4}, {"alerts", 1}});
    CHECK(what.find("input 'clicks' has 8, input 'views' has 4") != std::string::npos);
    CHECK(what.find("recreate the odd ones") != std::string::npos);
    CHECK(error_of(d, {{"clicks", 8}, {"views", 8}, {"alerts", 1}, {"counters-table", 6}})
              .find("table 'counters-table' has 6") != std::string::npos);
  }

  TEST_CASE("a joined table has as many partitions as the inputs, a looked-up one any number") {
    const auto d = joining();
    CHECK(error_of(d, {{"clicks", 8}, {"users", 8}, {"airlines", 3}}).empty());
    CHECK(error_of(d, {{"clicks", 8}, {"users", 4}, {"airlines", 3}}) ==
          "group 'joining': table 'users' has 4 partitions, input 'clicks' has 8: joins need the same number (recreate "
          "one of them, or use lookup)");
  }

  TEST_CASE("joined and looked-up tables must exist, or are made compacted") {
    const auto d = joining();
    CHECK(error_of(d, {{"clicks", 8}}).find("join 'users', lookup 'airlines'") != std::string::npos);
    const auto plan =
        plan_topics(d, cluster(d, {{"clicks", 8}}), {.inputs_and_outputs = true, .partitions = 4, .replication = 1});
    REQUIRE(plan.create.size() == 2);
    CHECK(plan.create[0].topic.str() == "users");
    CHECK(plan.create[0].partitions == 8);
    CHECK(plan.create[0].config.at("cleanup.policy") == "compact");
    CHECK(plan.create[1].topic.str() == "airlines");
    CHECK(plan.create[1].partitions == 4);
    CHECK(plan.create[1].config.at("cleanup.policy") == "compact");
    // A table that exists says how many partitions its inputs get.
    CHECK(plan_topics(d, cluster(d, {{"users", 6}}), {.inputs_and_outputs = true, .partitions = 4}).partitions == 6);
  }

  TEST_CASE("a missing topic that is a table and an input, or an output, is made once, compacted") {
    group<> g{"both"};
    g.input(clicks, [](context<void>&, std::int64_t) {}).output(alerts);
    g.join(table<std::string>{"clicks"}).lookup(table<std::string>{"alerts"});
    const auto d = g.declared();
    const auto plan = plan_topics(d, cluster(d, {}), {.inputs_and_outputs = true, .partitions = 4});
    REQUIRE(plan.create.size() == 2);
    for (const auto& t : plan.create) CHECK(t.config.at("cleanup.policy") == "compact");
  }

  TEST_CASE("topic names are checked as Kafka does") {
    CHECK(why_no_topic_name("a.B_9-z").empty());
    CHECK_FALSE(why_no_topic_name("").empty());
    CHECK_FALSE(why_no_topic_name("..").empty());
    CHECK_FALSE(why_no_topic_name("clicks/all").empty());
    CHECK(why_no_topic_name(std::string(249, 'x')).empty());
    CHECK_FALSE(why_no_topic_name(std::string(250, 'x')).empty());
  }

  TEST_CASE("a table topic that is not compacted, and a loop that loses records, are told with their cure") {
    group<std::int64_t> g{"counters"};
    const auto ignore = [](context<std::int64_t>&, std::int64_t) {};
    g.input(clicks, ignore).loop<std::int64_t>(ignore);
    const auto& stateful = g.declared();
    REQUIRE(own_topics(stateful).size() == 2);
    CHECK(setting_problems(stateful, {{{"cleanup.policy", "compact"}},
                                      {{"cleanup.policy", "delete"}, {"retention.ms", "604800000"}}})
              .empty());
    CHECK(setting_problems(stateful, {{}, {}}).empty());  // the cluster does not tell
    const auto problems = setting_problems(
        stateful, {{{"cleanup.policy", "delete"}}, {{"cleanup.policy", "compact"}, {"retention.ms", "3600000"}}});
    REQUIRE(problems.size() == 3);
    CHECK(problems[0].find("table topic 'counters-table' has cleanup.policy=delete") == 0);
    CHECK(problems[0].find("set cleanup.policy=compact on it") != std::string::npos);
    CHECK(problems[1].find("loop topic 'counters-loop' has cleanup.policy=compact") == 0);
    CHECK(problems[2].find("set retention.ms=604800000 on it") != std::string::npos);
  }

  TEST_CASE("what differs from a wanted topic is said with both values and what to do") {
    kafka::topic_description is;
    is.partitions = 3;
    is.replication = 1;
    const kafka::new_topic wanted{topic_name{"t"}, 4, 3, {{"retention.ms", "5"}, {"segment.ms", "7"}}};
    const auto found = differences(wanted, is, {{"retention.ms", "9"}, {"segment.ms", "7"}});
    REQUIRE(found.size() == 3);
    CHECK(found[0].find("topic 't' has 3 partitions, not 4") == 0);
    CHECK(found[1].find("topic 't' has 1 replicas, not 3") == 0);
    CHECK(found[2].find("topic 't' has retention.ms=9, not 5: alter it") == 0);
    is.partitions = 4;
    CHECK(differences({topic_name{"t"}, 4, -1, {}}, is, {}).empty());
  }
}

}  // namespace corka::graph
