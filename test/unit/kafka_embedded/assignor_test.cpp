#include "kafka/embedded/assignor.hpp"

#include <doctest/doctest.h>

#include <random>
#include <string>
#include <vector>

using namespace corka;
using namespace corka::kafka::embedded;
using sets = std::vector<std::set<partition_id>>;

namespace {

sets of(const std::vector<std::vector<int>>& lists) {
  sets all;
  for (const auto& list : lists) {
    auto& s = all.emplace_back();
    for (const int p : list) s.emplace(p);
  }
  return all;
}

}  // namespace

TEST_CASE("sticky assignor: examples") {
  CHECK(assign_sticky(of({{}}), 3) == of({{0, 1, 2}}));
  CHECK(assign_sticky(of({{0, 1, 2, 3}, {}}), 4) == of({{0, 1}, {2, 3}}));
  CHECK(assign_sticky(of({{0, 1}, {2, 3}, {}}), 4) == of({{0, 1}, {2}, {3}}));
  CHECK(assign_sticky(of({{}, {1, 2}}), 3) == of({{0}, {1, 2}}));
  CHECK(assign_sticky(of({{0, 1, 9}, {}}), 2) == of({{0}, {1}}));
  CHECK(assign_sticky(of({{}, {}}), 1) == of({{0}, {}}));
  CHECK(assign_sticky({}, 4).empty());
}

TEST_CASE("range assignor: contiguous, the first ones get the rest") {
  CHECK(assign_range(2, 5) == of({{0, 1, 2}, {3, 4}}));
  CHECK(assign_range(3, 8) == of({{0, 1, 2}, {3, 4, 5}, {6, 7}}));
  CHECK(assign_range(3, 2) == of({{0}, {1}, {}}));
  CHECK(assign_range(0, 2).empty());
}

TEST_CASE("sticky assignor: always balanced, complete, and with the fewest moves that a balance allows") {
  std::mt19937 random{42};
  for (int round = 0; round < 500; ++round) {
    const auto members = 1 + random() % 7;
    const auto partitions = static_cast<std::int32_t>(random() % 30);
    sets held(members);
    for (std::int32_t p = 0; p < partitions; ++p) {
      const auto m = random() % (members + 2);
      if (m < members) held[m].emplace(p);
    }
    const auto given = assign_sticky(held, partitions);
    std::set<partition_id> all;
    std::size_t kept = 0;
    const auto share = static_cast<std::size_t>(partitions) / members;
    for (std::size_t m = 0; m < members; ++m) {
      CHECK(given[m].size() >= share);
      CHECK(given[m].size() <= share + 1);
      for (const auto p : given[m]) {
        CHECK(all.insert(p).second);
        kept += held[m].count(p);
      }
    }
    CHECK(all.size() == static_cast<std::size_t>(partitions));
    // The most that can be kept: everybody's own up to the share, and one more for as many as may have it.
    std::size_t most = 0;
    std::size_t larger = static_cast<std::size_t>(partitions) % members;
    for (const auto& own : held) {
      most += std::min(own.size(), share);
      if (own.size() > share && larger > 0) ++most, --larger;
    }
    CHECK(kept == most);
  }
}
