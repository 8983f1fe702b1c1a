// How far behind a processor is, in time.
#include "support/world.hpp"

#include "async/timer.hpp"

#include <corka/group.hpp>

#include <doctest/doctest.h>

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <string>

namespace corka {

namespace {

using namespace std::chrono_literals;
using test::caught_up;
using test::world;

const stream<std::string> orders{"orders"};

std::optional<input_status> input_of(const processor& p, const std::string& topic) {
  for (const auto& partition : p.status().partitions) {
    for (const auto& input : partition.inputs) {
      if (input.topic == topic) return input;
    }
  }
  return std::nullopt;
}

std::size_t lines(const world& w, const std::string& text) {
  return static_cast<std::size_t>(
      std::ranges::count_if(w.log, [&](const std::string& line) { return line.find(text) != std::string::npos; }));
}

}  // namespace

TEST_SUITE("lag in time") {
  TEST_CASE("it is the age of the record that others wait behind, grows while nothing moves, and 0 when caught up") {
    world w;
    w.create("orders", 1);
    group<> g{"g"};
    g.input(orders, [&w](context<void>&, std::string) -> task<> { co_await async::sleep_for(w.threads.time(), 60s); });
    processor p{g};
    const auto run = w.start(p, w.member("a"));
    REQUIRE(w.until([&] { return input_of(p, "orders") && input_of(p, "orders")->lag_time == 0ms; }));
    const auto from = w.threads.time().wall_ms();
    w.write("orders", "a", "1", {}, from - 10'000);
    w.write("orders", "a", "2", {}, from - 5'000);
    w.threads.advance(20s);
    const auto lag = input_of(p, "orders")->lag_time;
    REQUIRE(lag);
    CHECK(lag->count() == w.threads.time().wall_ms() - from + 10'000);
    w.threads.advance(20s);
    CHECK(input_of(p, "orders")->lag_time == *lag + 20s);
    CHECK_FALSE(input_of(p, "orders")->retention);
    REQUIRE(w.until([&] { return caught_up(w, p); }, 5min));
    CHECK(input_of(p, "orders")->lag_time == 0ms);
    w.threads.advance(1h);
    CHECK(input_of(p, "orders")->lag_time == 0ms);
    w.stop(p, run);
  }

  TEST_CASE("a loop that falls behind its retention is warned of, once a level, tombstones included") {
    world w;
    w.create("orders", 1);
    group<> g{"g", {.loop_retention = 1h}};
    g.input(orders, [](context<void>& ctx, const std::string&) {
      for (int i = 0; i < 3; ++i) ctx.loop("k", tombstone);
    });
    g.loop<std::string>([&w](context<void>&, std::optional<std::string>) -> task<> {
      co_await async::sleep_for(w.threads.time(), 25min);
    });
    processor p{g};
    const auto run = w.start(p, w.member("a"));
    w.write("orders", "a", "1");
    w.threads.advance(44min);
    CHECK(input_of(p, "g-loop")->retention == 1h);
    CHECK(lines(w, "loop 'g-loop'") == 0);
    w.threads.advance(5min);
    CHECK(lines(w, "records will be lost; add members") == 1);
    const auto lag = input_of(p, "g-loop")->lag_time;
    REQUIRE(lag);
    CHECK(*lag > 48min);
    CHECK(*lag < 50min);
    REQUIRE(w.until([&] { return caught_up(w, p); }, 2h));
    CHECK(lines(w, "loop 'g-loop'") == 1);
    CHECK(input_of(p, "g-loop")->lag_time == 0ms);
    w.stop(p, run);
  }
}

}  // namespace corka
