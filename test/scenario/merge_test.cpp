// Several inputs, merged by timestamp.
#include "support/world.hpp"

#include <corka/group.hpp>

#include <doctest/doctest.h>

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace corka {

namespace {

using namespace std::chrono_literals;
using test::caught_up;
using test::world;

const stream<std::string> orders{"orders"};
const stream<std::string> payments{"payments"};

constexpr std::int64_t base = 1'600'000'000'000;

/// A group that notes "o1 p2 ...": topic and value, in the order of its callbacks.
struct noted {
  std::string order;
  group<std::string> made;

  explicit noted(group_options options) : made{"g", std::move(options)} {
    made.input(orders, [this](context<std::string>& ctx, const std::optional<std::string>& text) { note(ctx, text); });
    made.input(payments,
               [this](context<std::string>& ctx, const std::optional<std::string>& text) { note(ctx, text); });
  }
  noted(const noted&) = delete;
  noted& operator=(const noted&) = delete;

  void note(context<std::string>& ctx, const std::optional<std::string>& text) {
    ctx.set(ctx.value().value_or("") + text.value_or("-"));
    if (!order.empty()) order += ' ';
    order += ctx.topic().str().front();
    order += text.value_or("-");
  }
};

void write(world& w, const std::string& topic, int at, bool gone = false, const std::string& key = "k") {
  w.write(topic, key, gone ? std::nullopt : std::optional{std::to_string(at)}, {}, base + at);
}

}  // namespace

TEST_SUITE("several inputs") {
  TEST_CASE("by timestamp, whatever was written first; tombstones too; equal ones as declared") {
    world w;
    w.create("orders", 1);
    w.create("payments", 1);
    for (const int at : {1, 4, 5, 9}) write(w, "orders", at);
    for (const int at : {2, 3, 5, 6, 10, 11}) write(w, "payments", at, at == 3);
    noted g{{.order = input_order::by_timestamp}};
    processor p{g.made};
    const auto run = w.start(p, w.member("a"));
    REQUIRE_MESSAGE(w.until([&] { return caught_up(w, p); }), test::story(w, p));
    CHECK(g.order == "o1 p2 p- o4 o5 p5 p6 o9 p10 p11");
    CHECK(w.row(p, "k") == "12-455691011");
    w.stop(p, run);
  }

  TEST_CASE("by arrival a batch of one input is not interrupted") {
    world w;
    w.create("orders", 1);
    w.create("payments", 1);
    for (const int at : {1, 4}) write(w, "orders", at);
    for (const int at : {2, 3}) write(w, "payments", at);
    noted g{{}};
    processor p{g.made};
    const auto run = w.start(p, w.member("a"));
    REQUIRE_MESSAGE(w.until([&] { return caught_up(w, p); }), test::story(w, p));
    CHECK((g.order == "o1 o4 p2 p3" || g.order == "p2 p3 o1 o4"));
    w.stop(p, run);
  }

  TEST_CASE("an input that never gets anything holds the others up for the idle wait, no longer") {
    world w;
    w.create("orders", 1);
    w.create("payments", 1);
    noted g{{.order = input_order::by_timestamp, .idle_wait = 3s}};
    processor p{g.made};
    const auto run = w.start(p, w.member("a"));
    REQUIRE(w.until([&] { return !p.status().partitions.empty() && caught_up(w, p); }));
    write(w, "orders", 1);
    w.threads.advance(2'500ms);
    CHECK(g.order.empty());
    w.threads.advance(600ms);
    CHECK(g.order == "o1");
    // Again for the next one; but what follows it is not held up anew.
    write(w, "orders", 2);
    write(w, "orders", 3);
    w.threads.advance(2'500ms);
    CHECK(g.order == "o1");
    w.threads.advance(600ms);
    CHECK(g.order == "o1 o2 o3");
    REQUIRE(w.until([&] { return caught_up(w, p); }));
    w.stop(p, run);
  }

  TEST_CASE("an older record that comes within the idle wait goes first; one that comes later is late") {
    world w;
    w.create("orders", 1);
    w.create("payments", 1);
    noted g{{.order = input_order::by_timestamp, .idle_wait = 3s}};
    processor p{g.made};
    const auto run = w.start(p, w.member("a"));
    REQUIRE(w.until([&] { return !p.status().partitions.empty() && caught_up(w, p); }));
    write(w, "orders", 5);
    w.threads.advance(1s);
    write(w, "payments", 2);
    w.threads.advance(100ms);
    CHECK(g.order == "p2");  // payments may still get a 3 or 4
    REQUIRE(w.until([&] { return caught_up(w, p); }));
    CHECK(g.order == "p2 o5");
    write(w, "payments", 4);
    REQUIRE(w.until([&] { return caught_up(w, p); }));
    CHECK(g.order == "p2 o5 p4");
    w.stop(p, run);
  }

  TEST_CASE("a loop takes part, and nobody waits for it") {
    world w;
    w.create("orders", 1);
    std::vector<std::string> order;
    group<> g{"g", {.order = input_order::by_timestamp, .idle_wait = 1h}};
    g.input(orders, [&](context<void>& ctx, const std::string& text) {
      order.push_back("in " + text);
      ctx.loop("k", text, {.timestamp = ctx.timestamp()});
    });
    g.loop<std::string>([&](context<void>&, const std::string& text) { order.push_back("loop " + text); });
    processor p{g};
    const auto run = w.start(p, w.member("a"));
    write(w, "orders", 1);
    REQUIRE_MESSAGE(w.until([&] { return order.size() == 1; }, 5s), test::story(w, p));
    write(w, "orders", 2);
    REQUIRE_MESSAGE(w.until([&] { return order.size() == 3; }, 5s), test::story(w, p));
    CHECK(order[0] == "in 1");
    w.stop(p, run);
  }

  TEST_CASE("rows that were dropped from memory between two runs of a batch are read again") {
    world w;
    w.create("orders", 1);
    w.create("payments", 1);
    for (int i = 0; i < 40; ++i) {
      write(w, "orders", 2 * i, false, "k" + std::to_string(i));
      write(w, "payments", 2 * i + 1, false, "k" + std::to_string(i));
    }
    noted g{{.order = input_order::by_timestamp}};
    processor p{g.made, {.commit_interval = 1ms, .cache_bytes = 0}};
    const auto run = w.start(p, w.member("a"));
    REQUIRE_MESSAGE(w.until([&] { return caught_up(w, p); }), test::story(w, p));
    for (int i = 0; i < 40; ++i) {
      CHECK(w.row(p, "k" + std::to_string(i)) == std::to_string(2 * i) + std::to_string(2 * i + 1));
    }
    w.stop(p, run);
  }

  TEST_CASE("what was taken from an input and not processed is not committed") {
    world w;
    w.create("orders", 1);
    w.create("payments", 1);
    for (const int at : {1, 5, 6}) write(w, "orders", at);
    for (const int at : {2, 3}) write(w, "payments", at);
    {
      noted g{{.order = input_order::by_timestamp, .idle_wait = 1h}};
      processor p{g.made};
      const auto run = w.start(p, w.member("a"));
      REQUIRE(w.until([&] { return g.order == "o1 p2 p3"; }));
      w.stop(p, run);
      CHECK(g.order == "o1 p2 p3");
    }
    CHECK(w.committed("g", "orders", 0) == 1);
    CHECK(w.committed("g", "payments", 0) == 2);
    noted g{{.order = input_order::by_timestamp, .idle_wait = 0ms}};
    processor p{g.made};
    const auto run = w.start(p, w.member("a"));
    REQUIRE(w.until([&] { return caught_up(w, p); }));
    CHECK(g.order == "o5 o6");
    CHECK(w.row(p, "k") == "12356");
    w.stop(p, run);
  }
}

}  // namespace corka
