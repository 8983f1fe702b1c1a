#include "processor/standby_plan.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <map>
#include <set>
#include <string>
#include <vector>

namespace corka::processor_parts {

namespace {

/// Members m0, m1, … that share the numbers in turn.
std::vector<standby_candidate> members(std::size_t n, std::int32_t partitions) {
  std::vector<standby_candidate> all(n);
  for (std::size_t m = 0; m < n; ++m) all[m].name = "m" + std::to_string(m);
  for (std::int32_t p = 0; p < partitions; ++p) all[static_cast<std::size_t>(p) % n].holds.emplace_back(p);
  return all;
}

std::map<std::string, std::size_t> loads(const std::map<partition_id, std::vector<std::string>>& chosen) {
  std::map<std::string, std::size_t> each;
  for (const auto& [number, names] : chosen) {
    for (const auto& name : names) ++each[name];
  }
  return each;
}

/// How many copies `after` has that `before` had not.
std::size_t moved(const std::map<partition_id, std::vector<std::string>>& before,
                  const std::map<partition_id, std::vector<std::string>>& after) {
  std::size_t n = 0;
  for (const auto& [number, names] : after) {
    for (const auto& name : names) {
      const auto& old = before.at(number);
      if (std::ranges::find(old, name) == old.end()) ++n;
    }
  }
  return n;
}

}  // namespace

TEST_SUITE("standby plan") {
  TEST_CASE("nobody is a standby of what it holds, each number has as many as were asked for, each another") {
    for (const std::size_t replicas : {0U, 1U, 2U, 3U}) {
      const auto all = members(5, 20);
      const auto chosen = choose_standbys(all, 20, replicas);
      REQUIRE(chosen.size() == 20);
      for (const auto& [number, names] : chosen) {
        CHECK(std::set<std::string>(names.begin(), names.end()).size() == replicas);
        for (const auto& m : all) {
          const bool holds = std::ranges::find(m.holds, number) != m.holds.end();
          if (holds) CHECK(std::ranges::find(names, m.name) == names.end());
        }
      }
    }
  }

  TEST_CASE("with as many replicas as there are others, or more, everybody keeps everything") {
    for (const auto& [number, names] : choose_standbys(members(3, 6), 6, 100)) CHECK(names.size() == 2);
  }

  TEST_CASE("the only member is nobody's standby, and no members choose nothing") {
    for (const auto& [number, names] : choose_standbys(members(1, 4), 4, 1)) CHECK(names.empty());
    CHECK(choose_standbys({}, 4, 1).empty());
  }

  TEST_CASE("loads are even: they differ by one") {
    for (const std::size_t n : {2U, 3U, 5U, 8U}) {
      const auto each = loads(choose_standbys(members(n, 40), 40, 1));
      for (const auto& [name, load] : each) {
        CHECK(load <= (40 + n - 1) / n);
        CHECK(load + 1 >= 40 / n);
      }
      CHECK(each.size() == n);
    }
  }

  TEST_CASE("the order in which members are listed does not matter") {
    auto all = members(5, 20);
    const auto chosen = choose_standbys(all, 20, 2);
    std::ranges::reverse(all);
    CHECK(choose_standbys(all, 20, 2) == chosen);
  }

  TEST_CASE("a member that comes or goes moves little but its own share") {
    auto all = members(5, 100);
    const auto before = choose_standbys(all, 100, 1);
    // The newcomer holds nothing yet: what moves is its share of the copies, and what that leaves room for.
    all.push_back({"new", {}});
    const auto with = choose_standbys(all, 100, 1);
    CHECK(moved(before, with) <= 34);
    all.pop_back();
    const auto gone = loads(before).at("m4");
    all.pop_back();  // what it held is nobody's for a moment
    CHECK(moved(before, choose_standbys(all, 100, 1)) <= gone + 15);
  }

  TEST_CASE("candidates go by their instance id where they have one, and hold what they hold of the driver") {
    std::vector<kafka::member_description> described;
    described.push_back({"id-1", "one", "client", {{topic_name{"clicks"}, partition_id{3}}}});
    described.push_back({"id-2", "", "client", {{topic_name{"views"}, partition_id{4}}}});
    const auto found = candidates_of(described, topic_name{"clicks"});
    REQUIRE(found.size() == 2);
    CHECK(found[0].name == "one");
    CHECK(found[0].holds == std::vector<partition_id>{partition_id{3}});
    CHECK(found[1].name == "id-2");
    CHECK(found[1].holds.empty());
  }
}

}  // namespace corka::processor_parts
