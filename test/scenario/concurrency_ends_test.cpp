#include "scenario/observer.hpp"
#include "support/world.hpp"

#include "async/timer.hpp"

#include <corka/group.hpp>

#include <doctest/doctest.h>

#include <cstddef>
#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace corka {

namespace {

using namespace std::chrono_literals;
using test::caught_up;
using test::observer;
using test::world;

const stream<std::string> orders{"orders"};
const stream<std::string> receipts{"receipts"};

/// A group without state whose callbacks take `time` over a record.
struct slow_group {
  world w;
  observer seen;
  group<> g{"g"};

  slow_group(std::size_t at_once, std::function<clock::duration(std::string_view)> time) {
    w.create("orders", 1);
    const auto on_order = [this, time = std::move(time)](context<void>& ctx, std::string text) -> task<> {
      observer::visit v{seen, ctx.key(), text};
      co_await async::sleep_for(w.threads.time(), time(text));
      v.done(text);
    };
    g.input(orders, on_order, {.concurrency = at_once});
  }
};

}  // namespace

TEST_SUITE("concurrency, at the end") {
  TEST_CASE("a stop lets suspended callbacks end, and begins no other record") {
    world w;
    w.create("orders", 1);
    observer seen;
    group<std::string> g{"g"};
    const auto on_order = [&](context<std::string>& ctx, std::string text) -> task<> {
      const observer::visit v{seen, ctx.key(), text};
      co_await async::sleep_for(w.threads.time(), 2s);
      ctx.set(text);
    };
    g.input(orders, on_order, {.concurrency = 2});
    processor p{g};
    auto run = w.start(p, w.member("a"));
    // The third waits for its key, the fourth for room.
    w.write_all("orders", {{"a", "1"}, {"b", "2"}, {"a", "3"}, {"c", "4"}});
    REQUIRE(w.until([&] { return seen.running == 2; }));
    w.stop(p, run);
    CHECK(run.failure().empty());
    CHECK(seen.begun == std::vector<std::string>{"1", "2"});
    CHECK(w.committed("g", "orders", 0) == 2);
    CHECK(w.table("g-table").at("a") == "1");
    run = w.start(p, w.member("a"));
    REQUIRE(w.until([&] { return caught_up(w, p); }));
    CHECK(w.table("g-table").at("a") == "3");
    CHECK(seen.begun == std::vector<std::string>{"1", "2", "3", "4"});
    w.stop(p, run);
  }

  TEST_CASE("a stop lets begin what waits below a record that has begun, so that nothing is called again") {
    world w;
    w.create("orders", 1);
    observer seen;
    group<std::string> g{"g"};
    const auto on_order = [&](context<std::string>& ctx, std::string text) -> task<> {
      observer::visit v{seen, ctx.key(), text};
      const auto before = ctx.value().value_or("");
      co_await async::sleep_for(w.threads.time(), 2s);
      ctx.set(before + text);
      v.done(text);
    };
    g.input(orders, on_order, {.concurrency = 2});
    processor p{g};
    auto run = w.start(p, w.member("a"));
    // 2 and 3 wait for 1, and are before 4, which is done first; 5 waits for 3, and is behind it; 6 waits for room.
    w.write_all("orders", {{"a", "1"}, {"a", "2"}, {"a", "3"}, {"b", "4"}, {"a", "5"}, {"c", "6"}});
    REQUIRE(w.until([&] { return seen.running == 2; }));
    w.stop(p, run);
    CHECK(run.failure().empty());
    CHECK(seen.begun == std::vector<std::string>{"1", "4", "2", "3"});
    CHECK(w.committed("g", "orders", 0) == 4);
    CHECK(w.table("g-table").at("a") == "123");
    run = w.start(p, w.member("a"));
    REQUIRE(w.until([&] { return caught_up(w, p); }));
    CHECK(seen.begun.size() == 6);
    CHECK(w.table("g-table").at("a") == "1235");
    CHECK(w.table("g-table").at("b") == "4");
    CHECK_FALSE(seen.overlapped);
    w.stop(p, run);
  }

  TEST_CASE("what waits behind a slow key holds up a stop until its deadline, and no longer") {
    slow_group s{2, [](std::string_view) -> clock::duration { return 4s; }};
    auto& [w, seen, g] = s;
    processor p{g};
    const auto run = w.start(p, w.member("a"));
    w.write_all("orders", {{"a", "1"}, {"a", "2"}, {"a", "3"}, {"a", "4"}, {"a", "5"}, {"b", "6"}});
    REQUIRE(w.until([&] { return seen.running == 2; }));
    const auto from = w.threads.time().now();
    w.stop(p, run);
    CHECK(w.threads.time().now() - from < 12s);
    CHECK(run.failure().empty());
    CHECK(seen.running == 0);
    CHECK(seen.ended["a"] == "12");
    CHECK(w.committed("g", "orders", 0) == 2);
  }

  TEST_CASE("a second stop begins nothing that waits") {
    slow_group s{2, [](std::string_view) -> clock::duration { return 3s; }};
    auto& [w, seen, g] = s;
    processor p{g};
    const auto run = w.start(p, w.member("a"));
    w.write_all("orders", {{"a", "1"}, {"a", "2"}, {"b", "3"}});
    REQUIRE(w.until([&] { return seen.running == 2; }));
    p.stop();
    w.stop(p, run);
    CHECK(seen.running == 0);
    CHECK(seen.begun == std::vector<std::string>{"1", "3"});
    CHECK(w.committed("g", "orders", 0) == 0);
  }

  TEST_CASE("what a stop's deadline cancels stays undone, what has ended before is committed") {
    slow_group s{10,
                 [](std::string_view text) -> clock::duration { return text == "long" ? clock::duration{1h} : 4s; }};
    auto& [w, seen, g] = s;
    processor p{g};
    const auto run = w.start(p, w.member("a"));
    w.write_all("orders", {{"a", "1"}, {"b", "2"}, {"c", "long"}, {"d", "4"}, {"e", "long"}});
    REQUIRE(w.until([&] { return seen.running == 5; }));
    const auto from = w.threads.time().now();
    w.stop(p, run);
    CHECK(w.threads.time().now() - from < 12s);
    CHECK(run.failure().empty());
    CHECK(seen.running == 0);
    CHECK(seen.ended == std::map<std::string, std::string>{{"a", "1"}, {"b", "2"}, {"d", "4"}});
    CHECK(w.committed("g", "orders", 0) == 2);
  }

  TEST_CASE("a second stop drops suspended callbacks at once") {
    slow_group s{10, [](std::string_view) -> clock::duration { return 1h; }};
    auto& [w, seen, g] = s;
    processor p{g};
    const auto run = w.start(p, w.member("a"));
    w.write_all("orders", {{"a", "1"}, {"b", "2"}, {"c", "3"}});
    REQUIRE(w.until([&] { return seen.running == 3; }));
    const auto from = w.threads.time().now();
    p.stop();
    w.stop(p, run);
    CHECK(w.threads.time().now() - from < 1s);
    CHECK(seen.running == 0);
    CHECK(w.committed("g", "orders", 0) == 0);
  }

  TEST_CASE("a partition that is given away lets its suspended callbacks end, and the next owner goes on after them") {
    world w;
    w.create("orders", 2);
    std::map<std::string, int> times;
    group<std::string> g{"g"};
    const auto on_order = [&](context<std::string>& ctx, std::string text) -> task<> {
      co_await async::sleep_for(w.threads.time(), 3s);
      ++times[text];
      ctx.set(text);
    };
    g.input(orders, on_order, {.concurrency = 100});
    processor first{g};
    processor second{g};
    const auto run1 = w.start(first, w.member("a"));
    REQUIRE(w.until([&] { return first.status().partitions.size() == 2; }));
    std::vector<std::pair<std::string, std::string>> records;
    for (int i = 0; i < 60; ++i) records.emplace_back("k" + std::to_string(i), std::to_string(i));
    w.write_all("orders", records);
    w.threads.advance(500ms);
    const auto run2 = w.start(second, w.member("b"));
    REQUIRE(w.until([&] { return second.status().partitions.size() == 1; }));
    w.write_all("orders", {{"k0", "late"}, {"k1", "late1"}, {"k2", "late2"}, {"k3", "late3"}});
    REQUIRE_MESSAGE(w.until([&] { return caught_up(w, first) && caught_up(w, second); }), test::story(w, second));
    for (int i = 0; i < 60; ++i) CHECK(times[std::to_string(i)] == 1);
    CHECK(times["late"] == 1);
    w.stop(second, run2);
    w.stop(first, run1);
  }

  TEST_CASE("a partition that is lost drops its suspended callbacks at once; their records are processed again") {
    world w;
    w.create("orders", 1);
    observer seen;
    std::size_t slept = 0;
    std::vector<deferred> handles;
    group<std::string> g{"g"};
    const auto on_order = [&](context<std::string>& ctx, std::string text) -> task<> {
      observer::visit v{seen, ctx.key(), text};
      const bool first_owner = seen.begun.size() <= 3;
      if (first_owner) handles.push_back(ctx.defer());
      co_await async::sleep_for(w.threads.time(), first_owner ? 1h : 10ms);
      ++slept;
      ctx.set(ctx.value().value_or("") + text);
    };
    g.input(orders, on_order, {.concurrency = 8});
    processor p{g};
    const auto run = w.start(p, w.member("a"));
    w.write_all("orders", {{"a", "1"}, {"b", "2"}, {"c", "3"}, {"a", "4"}});
    REQUIRE(w.until([&] { return seen.running == 3; }));
    w.broker->expire(group_name{"g"}, "g");
    REQUIRE_MESSAGE(w.until([&] { return seen.begun.size() > 3; }, 5s), test::story(w, p));
    CHECK(w.committed("g", "orders", 0) == 0);
    // Of a partition that is gone: nothing happens.
    handles.clear();
    REQUIRE_MESSAGE(w.until([&] { return caught_up(w, p); }), test::story(w, p));
    CHECK_FALSE(seen.overlapped);
    CHECK(slept == 4);
    CHECK(w.row(p, "a") == "14");
    w.stop(p, run);
    CHECK(run.failure().empty());
  }

  TEST_CASE("a failing callback lets the suspended ones end, and commits what is done before it") {
    world w;
    w.create("orders", 1);
    observer seen;
    group<std::string> g{"g"};
    const auto on_order = [&](context<std::string>& ctx, std::string text) -> task<> {
      const observer::visit v{seen, ctx.key(), text};
      co_await async::sleep_for(w.threads.time(), text == "poison" ? 1s : 3s);
      if (text == "poison") throw std::runtime_error{"boom"};
      ctx.set(text);
    };
    g.input(orders, on_order, {.concurrency = 4});
    processor p{g};
    const auto run = w.start(p, w.member("a"));
    w.write_all("orders", {{"a", "1"}, {"b", "2"}, {"c", "poison"}, {"d", "4"}, {"e", "5"}, {"f", "6"}});
    REQUIRE(w.until([&] { return run.ended(); }));
    CHECK(run.failure().find("orders/0@2") != std::string::npos);
    CHECK(run.failure().find("boom") != std::string::npos);
    CHECK(seen.begun == std::vector<std::string>{"1", "2", "poison", "4"});
    CHECK(seen.running == 0);
    CHECK(w.committed("g", "orders", 0) == 2);
    CHECK(w.table("g-table").at("d") == "4");
  }

  TEST_CASE("a callback that fails while it is let end is the processor's failure") {
    world w;
    w.create("orders", 1);
    observer seen;
    group<> g{"g"};
    const auto on_order = [&](context<void>& ctx, std::string text) -> task<> {
      const observer::visit v{seen, ctx.key(), text};
      co_await async::sleep_for(w.threads.time(), 1s);
      if (text == "poison") throw std::runtime_error{"boom"};
    };
    g.input(orders, on_order, {.concurrency = 4});
    processor p{g};
    const auto run = w.start(p, w.member("a"));
    w.write_all("orders", {{"a", "1"}, {"b", "poison"}, {"c", "3"}});
    REQUIRE(w.until([&] { return seen.running == 3; }));
    w.stop(p, run);
    CHECK(run.failure().find("boom") != std::string::npos);
    CHECK(w.committed("g", "orders", 0) == 1);
  }

  TEST_CASE("a partition that goes back to its last commit begins nothing on its way there") {
    // The simulator's find (graph concurrent, seed 71): the acknowledgement that a callback awaits and the failure that
    // interrupts the partition are heard of at once, and the next record of the callback's key waits behind it.
    world w;
    w.create("orders", 1);
    w.create("receipts", 1);
    group<std::string> g{"g"};
    const auto on_order = [](context<std::string>& ctx, std::string text) -> task<> {
      if (ctx.key() != "slow") {
        ctx.set(text);
        co_return;
      }
      const auto sent = ctx.emit(receipts, ctx.key(), text);
      co_await sent.acked();
      ctx.set(ctx.value().value_or("") + text);
    };
    g.input(orders, on_order, {.concurrency = 10}).output(receipts);
    processor p{g};
    const auto run = w.start(p, w.member("a"));
    REQUIRE(w.until([&] { return p.status().partitions.size() == 1; }));
    w.broker->time_out_deliveries(topic_name{"g-table"}, 1);
    w.write_all("orders", {{"quick", "1"}, {"slow", "a"}, {"slow", "b"}, {"slow", "c"}});
    REQUIRE_MESSAGE(w.until([&] { return caught_up(w, p); }), test::story(w, p));
    CHECK(p.status().partitions.front().rewinds == 1);
    CHECK(w.row(p, "quick") == "1");
    CHECK(w.row(p, "slow").ends_with("abc"));
    w.stop(p, run);
  }
}

}  // namespace corka
