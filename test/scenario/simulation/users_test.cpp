// A user's own graph and invariants.
#include <corka/simulation.hpp>

#include <doctest/doctest.h>

#include <chrono>
#include <cstdint>
#include <stdexcept>
#include <string>
#include <utility>

namespace {

using namespace corka;
using text = std::string;

const stream<text> clicks{"clicks"};

/// Counts clicks per user.
group<std::int64_t> counters() {
  group<std::int64_t> g{"counters"};
  g.input(clicks, [](context<std::int64_t>& ctx, text) { ctx.set(ctx.value().value_or(0) + 1); });
  return g;
}

simulation clicked(const group<std::int64_t>& g) {
  simulation s{"clicks"};
  s.feed("clicks", 2, 20, [](std::size_t n, std::uint64_t random) {
    return std::pair{"user" + std::to_string(random % 3), std::to_string(n)};
  });
  s.run(g);
  return s;
}

std::int64_t sum(const simulated_state& s) {
  std::int64_t all = 0;
  for (const auto& [user, count] : s.table("counters-table")) all += std::stoll(count);
  return all;
}

}  // namespace

TEST_SUITE("simulation") {
  TEST_CASE("a user's graph and invariant: nothing is lost, and clean runs are exact") {
    auto s = clicked(counters());
    int looked = 0;
    s.at_the_end("the sum of counts", [&looked](const simulated_state& state) -> text {
      ++looked;
      if (state.stale_writes()) return {};
      const auto n = sum(state);
      if (n == 20 || (n > 20 && !state.clean())) return {};
      return "it is " + std::to_string(n);
    });
    for (std::uint64_t seed = 0; seed < 60; ++seed) {
      const auto result = s.play(seed);
      CHECK_MESSAGE(result.passed(), "seed " << seed << ": " << result.failure);
    }
    CHECK(looked == 60);
  }

  TEST_CASE("an invariant that does not hold is told with its name and its words") {
    auto s = clicked(counters());
    s.at_the_end("at most ten",
                 [](const simulated_state& state) { return std::to_string(sum(state)) + " is too much"; });
    const auto result = s.play(3, {.trace = true});
    CHECK_FALSE(result.passed());
    CHECK(result.failure.starts_with("at most ten: "));
    CHECK(result.failure.ends_with("is too much"));
    CHECK(result.trace.find("violated: at most ten: ") != text::npos);
  }

  TEST_CASE("an invariant is looked at with each commit, and sees what was committed") {
    auto s = clicked(counters());
    std::int64_t last = 0;
    std::int64_t all = 0;
    s.at_each_commit("commits go on", [&](const simulated_state& state, const simulated_commit& c) -> text {
      all += c.next - c.from;
      last = c.next;
      CHECK(c.group == "counters");
      CHECK(c.topic == "clicks");
      CHECK(state.committed(c.group, c.topic, c.partition) == c.next);
      CHECK(state.record(c.topic, c.partition, c.next - 1) != nullptr);
      return {};
    });
    CHECK(s.play(5).passed());
    CHECK(all == 20);
    CHECK(last > 0);
  }

  TEST_CASE("faults that a failure does not need are left out") {
    auto s = clicked(counters());
    s.at_the_end("nobody disturbs",
                 [](const simulated_state& state) { return state.clean() ? text{} : "somebody did"; });
    bool shrunk = false;
    for (std::uint64_t seed = 0; seed < 10; ++seed) {
      const auto whole = s.play(seed);
      if (whole.passed()) continue;
      const auto least = s.play(seed, {.shrink = true});
      CHECK(least.failure == whole.failure);
      CHECK(least.faults.size() == 1);
      shrunk = shrunk || whole.faults.size() > 1;
    }
    CHECK(shrunk);
  }

  TEST_CASE("a callback that loses what it was given is found") {
    group<std::int64_t> g{"counters"};
    g.input(clicks, [](context<std::int64_t>& ctx, text id) {
      if (id != "7") ctx.set(ctx.value().value_or(0) + 1);
    });
    auto s = clicked(g);
    s.at_the_end("the sum of counts", [](const simulated_state& state) -> text {
      return sum(state) == 20 || !state.clean() ? text{} : "it is " + std::to_string(sum(state));
    });
    bool found = false;
    for (std::uint64_t seed = 0; seed < 30; ++seed) found = found || !s.play(seed).passed();
    CHECK(found);
  }

  TEST_CASE("a service that ends without a reason is found") {
    group<std::int64_t> g{"counters"};
    g.input(clicks, [](context<std::int64_t>&, text id) {
      if (id == "3") throw std::runtime_error{"three"};
    });
    const auto result = clicked(g).play(1);
    CHECK(result.failure.find("services go on: one of instance ") == 0);
    CHECK(result.failure.find("three") != text::npos);
  }
}
