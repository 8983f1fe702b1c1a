#include "simulation/plan.hpp"
#include "simulation/shrink.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <set>
#include <string>
#include <vector>

using namespace corka;
using namespace corka::simulation_parts;
using namespace std::chrono_literals;

namespace {

std::vector<fault> faults(std::size_t n) {
  std::vector<fault> all(n);
  for (std::size_t i = 0; i < n; ++i) all[i].more = i;
  return all;
}

std::set<std::uint64_t> numbers(const std::vector<fault>& of) {
  std::set<std::uint64_t> all;
  for (const auto& f : of) all.insert(f.more);
  return all;
}

bool has(const std::vector<fault>& of, std::uint64_t n) { return numbers(of).contains(n); }

}  // namespace

TEST_CASE("plan: it follows from the dice, in the order of times, within the load") {
  std::set<std::size_t> sizes;
  for (std::uint64_t seed = 0; seed < 50; ++seed) {
    const auto plan = plan_of(dice{seed}, 3, 10s);
    CHECK(plan == plan_of(dice{seed}, 3, 10s));
    CHECK(std::ranges::is_sorted(plan, {}, &fault::at));
    for (const auto& f : plan) {
      CHECK(f.at <= 10s);
      CHECK(f.who < 3);
      CHECK(f.lasts > 0s);
    }
    sizes.insert(plan.size());
  }
  CHECK(sizes.contains(0));
  CHECK(*sizes.rbegin() >= 5);
}

TEST_CASE("fault: one line says when, what and whom") {
  CHECK(to_string({fault_kind::kill, 2'300ms, 1'200ms, 1, 0}) ==
        "2.300 s: instance b is killed, and started again 1.200 s later");
}

TEST_CASE("shrink: what is needed stays, however far apart, and nothing else") {
  int played = 0;
  const auto fails = [&played](const std::vector<fault>& p) {
    ++played;
    return has(p, 2) && has(p, 13);
  };
  CHECK(numbers(shrink(faults(16), fails)) == std::set<std::uint64_t>{2, 13});
  CHECK(played < 60);
}

TEST_CASE("shrink: a failure that needs no fault is left with none") {
  CHECK(shrink(faults(7), [](const auto&) { return true; }).empty());
}

TEST_CASE("shrink: either of two is enough, so one of them stays") {
  CHECK(shrink(faults(8), [](const auto& p) { return has(p, 1) || has(p, 6); }).size() == 1);
}
