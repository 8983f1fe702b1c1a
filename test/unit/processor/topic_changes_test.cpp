#include "processor/topic_changes.hpp"

#include <corka/group.hpp>

#include <doctest/doctest.h>

#include <string>
#include <vector>

namespace corka::processor_parts {

namespace {

const stream<std::string> clicks{"clicks"};
const stream<std::string> views{"views"};
const stream<std::string> alerts{"alerts"};
const table<std::string> names{"names"};
const table<std::string> words{"words"};

declaration stateful() {
  group<std::string> g{"g"};
  g.input(clicks, [](context<std::string>&, std::string) {}).output(alerts);
  return g.declared();
}
declaration stateless() {
  group<> g{"g"};
  const auto ignore = [](context<void>&, std::string) {};
  g.input(clicks, ignore).input(views, ignore).output(alerts);
  return g.declared();
}

kafka::topic_description is(const std::string& topic, const std::string& id, std::int32_t partitions) {
  kafka::topic_description d;
  d.topic = topic_name{topic};
  d.exists = true;
  d.id = id;
  d.partitions = partitions;
  return d;
}
known_topic was(const std::string& topic, const std::string& id, std::int32_t partitions) {
  return {topic_name{topic}, id, partitions};
}

declaration joining() {
  group<std::string> g{"g"};
  g.input(clicks, [](context<std::string>&, std::string) {}).join(names).lookup(words);
  return g.declared();
}

}  // namespace

TEST_SUITE("topic changes") {
  TEST_CASE("a joined table that grows is a problem, with the cure; one that is made anew, and a lookup, are none") {
    const std::vector<known_topic> before{was("clicks", "a", 4), was("g-table", "b", 4), was("names", "c", 4),
                                          was("words", "d", 1)};
    const auto same = {is("clicks", "a", 4), is("g-table", "b", 4)};
    std::vector<kafka::topic_description> now{same};
    now.push_back(is("names", "c", 6));
    now.push_back(is("words", "d", 3));
    const auto changes = changes_of(joining(), before, now);
    CHECK(changes.renewed.empty());
    CHECK_FALSE(changes.grown);
    REQUIRE(changes.problems.size() == 1);
    CHECK(changes.problems[0].find("joined table 'names' has grown from 4 to 6 partitions") == 0);
    CHECK(changes.problems[0].find("or look them up (.lookup)") != std::string::npos);
    now = same;
    now.push_back(is("names", "new", 4));
    now.push_back(is("words", "new", 1));
    const auto anew = changes_of(joining(), before, now);
    CHECK(anew.renewed.empty());
    CHECK(anew.problems.empty());
  }

  TEST_CASE("nothing has changed") {
    const auto c = changes_of(stateful(), {was("clicks", "a", 4)}, {is("clicks", "a", 4)});
    CHECK(c.renewed.empty());
    CHECK_FALSE(c.grown);
    CHECK(c.problems.empty());
  }

  TEST_CASE("a topic with another id was made anew") {
    const auto c = changes_of(stateful(), {was("clicks", "a", 4), was("g-table", "t", 4)},
                              {is("clicks", "a", 4), is("g-table", "u", 4)});
    REQUIRE(c.renewed.size() == 1);
    CHECK(c.renewed[0].str() == "g-table");
  }

  TEST_CASE("without ids, and where a topic is not to be found just now, nothing is concluded") {
    kafka::topic_description gone;
    gone.topic = topic_name{"alerts"};
    const auto c = changes_of(stateful(), {was("clicks", "", 4), was("alerts", "x", 2)}, {is("clicks", "b", 4), gone});
    CHECK(c.renewed.empty());
    CHECK(c.problems.empty());
  }

  TEST_CASE("an input of a group with rows that grows is a problem, told with the numbers and a cure") {
    const auto c = changes_of(stateful(), {was("clicks", "a", 4)}, {is("clicks", "a", 6)});
    CHECK_FALSE(c.grown);
    REQUIRE(c.problems.size() == 1);
    CHECK(c.problems[0].find("input 'clicks' has grown from 4 to 6 partitions") == 0);
    CHECK(c.problems[0].find("partitions 4 to 5 are not read") != std::string::npos);
    CHECK(c.problems[0].find("copy the records into a topic with 4 partitions") != std::string::npos);
  }

  TEST_CASE("inputs of a group without rows may grow, once they have grown alike") {
    const std::vector<known_topic> known{was("clicks", "a", 4), was("views", "b", 4)};
    CHECK_FALSE(changes_of(stateless(), known, {is("clicks", "a", 6), is("views", "b", 4)}).grown);
    CHECK(changes_of(stateless(), known, {is("clicks", "a", 6), is("views", "b", 6)}).grown);
  }

  TEST_CASE("an output that grows is told, and nothing else") {
    const auto c = changes_of(stateless(), {was("alerts", "a", 1)}, {is("alerts", "a", 2)});
    CHECK_FALSE(c.grown);
    REQUIRE(c.problems.size() == 1);
    CHECK(c.problems[0].find("output 'alerts' has grown from 1 to 2 partitions") == 0);
  }
}

}  // namespace corka::processor_parts
