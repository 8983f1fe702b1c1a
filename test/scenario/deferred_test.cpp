#include "support/world.hpp"

#include "async/timer.hpp"

#include <corka/group.hpp>

#include <doctest/doctest.h>

#include <algorithm>
#include <map>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

namespace corka {

namespace {

using namespace std::chrono_literals;
using test::caught_up;
using test::world;

const stream<std::string> orders{"orders"};

bool logged(const world& w, std::string_view text) {
  return std::ranges::any_of(w.log, [&](const std::string& line) { return line.find(text) != std::string::npos; });
}

/// Everything was given to a callback.
bool processed(const processor& p, std::int64_t records) {
  const auto s = p.status();
  return !s.partitions.empty() && s.partitions[0].inputs[0].processed.value == records;
}

}  // namespace

TEST_SUITE("deferred records") {
  TEST_CASE("a record is done when its handle is completed; later ones go on, and nothing past it is committed") {
    for (const bool coroutine : {false, true}) {
      CAPTURE(coroutine);
      world w;
      w.create("orders", 1);
      std::map<std::string, deferred> handles;
      group<std::string> g{"g"};
      const auto call = [&](context<std::string>& ctx, const std::string& text) {
        ctx.set(text);
        if (text.starts_with("later")) handles[text] = ctx.defer();
      };
      if (coroutine) {
        g.input(orders, [&, call](context<std::string>& ctx, std::string text) -> task<> {
          call(ctx, text);
          co_await async::sleep_for(w.threads.time(), 1ms);
        });
      } else {
        g.input(orders, call);
      }
      processor p{g};
      const auto run = w.start(p, w.member("a"));
      w.write_all("orders", {{"a", "1"}, {"b", "later-1"}, {"c", "3"}, {"d", "later-2"}, {"e", "5"}});
      REQUIRE(w.until([&] { return processed(p, 5); }));
      w.threads.advance(5s);
      CHECK(w.row(p, "e") == "5");
      CHECK(w.committed("g", "orders", 0) == 1);
      CHECK(p.status().partitions[0].deferred == 2);
      handles["later-2"].complete();
      w.threads.advance(3s);
      CHECK(w.committed("g", "orders", 0) == 1);
      handles["later-1"].complete();
      CHECK_FALSE(handles["later-1"]);
      REQUIRE_MESSAGE(w.until([&] { return caught_up(w, p); }), test::story(w, p));
      CHECK(p.status().partitions[0].deferred == 0);
      w.stop(p, run);
    }
  }

  TEST_CASE("all handles of a record are waited for, and may be completed from any thread") {
    world w;
    w.create("orders", 1);
    std::vector<deferred> handles;
    group<> g{"g"};
    g.input(orders, [&](context<void>& ctx, const std::string&) {
      handles.push_back(ctx.defer());
      handles.push_back(ctx.defer());
    });
    processor p{g};
    const auto run = w.start(p, w.member("a"));
    w.write("orders", "a", "1");
    REQUIRE(w.until([&] { return handles.size() == 2; }));
    std::thread{[&] { handles[0].complete(); }}.join();
    w.threads.advance(3s);
    CHECK(w.committed("g", "orders", 0) == 0);
    std::thread{[&] { handles[1].complete(); }}.join();
    REQUIRE(w.until([&] { return caught_up(w, p); }));
    w.stop(p, run);
  }

  TEST_CASE("a handle completed within its callback is no detour") {
    world w;
    w.create("orders", 1);
    group<> g{"g"};
    g.input(orders, [](context<void>& ctx, const std::string&) {
      auto handle = ctx.defer();
      handle.complete();
      handle.complete();
    });
    processor p{g};
    const auto run = w.start(p, w.member("a"));
    w.write("orders", "a", "1");
    REQUIRE(w.until([&] { return caught_up(w, p); }));
    w.stop(p, run);
  }

  TEST_CASE("one that fails goes to the failure policy: stop") {
    world w;
    w.create("orders", 1);
    std::vector<deferred> handles;
    group<> g{"g"};
    g.input(orders, [&](context<void>& ctx, const std::string&) { handles.push_back(ctx.defer()); });
    processor p{g};
    const auto run = w.start(p, w.member("a"));
    w.write_all("orders", {{"a", "1"}, {"b", "2"}});
    REQUIRE(w.until([&] { return handles.size() == 2; }));
    handles[0].complete();
    handles[1].fail("the service said no");
    REQUIRE(w.until([&] { return run.ended(); }));
    CHECK(run.failure().find("orders/0@1") != std::string::npos);
    CHECK(run.failure().find("the service said no") != std::string::npos);
    CHECK(w.committed("g", "orders", 0) == 1);
  }

  TEST_CASE("one that fails goes to the failure policy: skip and dead letter, without another call") {
    for (const bool skip : {true, false}) {
      CAPTURE(skip);
      world w;
      w.create("orders", 1);
      w.create("dead", 1);
      std::vector<deferred> handles;
      int calls = 0;
      group<> g{"g"};
      g.input(orders, [&](context<void>& ctx, const std::string&) {
        ++calls;
        handles.push_back(ctx.defer());
      });
      failure_action then = skip_record{};
      if (!skip) then = dead_letter{"dead"};
      g.on_failure({.callback = {.attempts = 3, .then = then}});
      processor p{g};
      const auto run = w.start(p, w.member("a"));
      w.write_all("orders", {{"a", "1"}, {"b", "2"}});
      REQUIRE(w.until([&] { return handles.size() == 2; }));
      handles[0].fail("the service said no");
      handles[1].complete();
      REQUIRE_MESSAGE(w.until([&] { return caught_up(w, p); }), test::story(w, p));
      CHECK(calls == 2);
      const auto dead = w.records("dead");
      CHECK(dead.size() == (skip ? 0 : 1));
      if (!skip) CHECK(dead[0].value == "1");
      CHECK(p.status().partitions[0].failures.failed == 1);
      w.stop(p, run);
    }
  }

  TEST_CASE("a handle that is destroyed has failed: nobody can complete it any more") {
    world w;
    w.create("orders", 1);
    group<> g{"g"};
    g.input(orders, [](context<void>& ctx, const std::string&) { (void)ctx.defer(); });
    processor p{g};
    const auto run = w.start(p, w.member("a"));
    w.write("orders", "a", "1");
    REQUIRE(w.until([&] { return run.ended(); }));
    CHECK(run.failure().find("orders/0@0") != std::string::npos);
    CHECK(run.failure().find("destroyed before it was completed") != std::string::npos);
    CHECK(w.committed("g", "orders", 0) == 0);
  }

  TEST_CASE("what a failed call has deferred does not count") {
    for (const bool coroutine : {false, true}) {
      CAPTURE(coroutine);
      world w;
      w.create("orders", 1);
      std::vector<deferred> kept;
      int calls = 0;
      const auto call = [&](context<void>& ctx) {
        const auto dropped = ctx.defer();
        kept.push_back(ctx.defer());
        if (++calls == 1) throw std::runtime_error{"boom"};
      };
      group<> g{"g"};
      if (coroutine) {
        g.input(orders, [&, call](context<void>& ctx, std::string) -> task<> {
          co_await async::sleep_for(w.threads.time(), 1ms);
          call(ctx);
        });
      } else {
        g.input(orders, [call](context<void>& ctx, const std::string&) { call(ctx); });
      }
      // The second call's dropped handle fails its record, the first call's does not.
      g.on_failure({.callback = {.attempts = 2, .first_backoff = 50ms, .then = skip_record{}}});
      processor p{g};
      const auto run = w.start(p, w.member("a"));
      w.write("orders", "a", "1");
      REQUIRE(w.until([&] { return kept.size() == 2; }));
      w.threads.advance(1s);
      CHECK(p.status().partitions[0].failures.failed == 2);
      CHECK(w.committed("g", "orders", 0) == 0);
      kept[1].complete();
      REQUIRE_MESSAGE(w.until([&] { return caught_up(w, p); }), test::story(w, p));
      kept[0].fail("too late to matter");
      w.threads.advance(1s);
      CHECK(p.status().state == processor_state::running);
      w.stop(p, run);
    }
  }

  TEST_CASE("a stop waits for deferred records") {
    world w;
    w.create("orders", 1);
    deferred handle;
    group<> g{"g"};
    g.input(orders, [&](context<void>& ctx, const std::string&) { handle = ctx.defer(); });
    processor p{g};
    const auto run = w.start(p, w.member("a"));
    w.write("orders", "a", "1");
    REQUIRE(w.until([&] { return static_cast<bool>(handle); }));
    p.stop();
    w.threads.advance(4s);
    CHECK_FALSE(run.ended());
    handle.complete();
    REQUIRE(w.until([&] { return run.ended(); }));
    CHECK(run.failure().empty());
    CHECK(w.committed("g", "orders", 0) == 1);
  }

  TEST_CASE("at the deadline the records that were never completed are named, and are processed again") {
    world w;
    w.create("orders", 1);
    std::vector<deferred> handles;
    group<> g{"g"};
    g.input(orders, [&](context<void>& ctx, const std::string& text) {
      if (text == "late") handles.push_back(ctx.defer());
    });
    processor p{g};
    auto run = w.start(p, w.member("a"));
    w.write_all("orders", {{"a", "1"}, {"bob", "late"}, {"c", "3"}});
    REQUIRE(w.until([&] { return processed(p, 3); }));
    const auto from = w.threads.time().now();
    w.stop(p, run);
    CHECK(w.threads.time().now() - from < 12s);
    CHECK(run.failure().empty());
    CHECK(logged(w, "orders/0@1, key \"bob\": deferred and never completed"));
    CHECK(w.committed("g", "orders", 0) == 1);
    // The partition is gone: nothing happens.
    handles[0].complete();
    w.threads.advance(1s);
    CHECK(w.committed("g", "orders", 0) == 1);

    run = w.start(p, w.member("a"));
    REQUIRE(w.until([&] { return handles.size() == 2; }));
    handles[1].complete();
    REQUIRE(w.until([&] { return caught_up(w, p); }));
    w.stop(p, run);
  }

  TEST_CASE("a partition that moves waits for its deferred records first") {
    world w;
    w.create("orders", 2);
    std::map<std::string, deferred> handles;
    group<> g{"g"};
    g.input(orders, [&](context<void>& ctx, const std::string&) { handles[std::string{ctx.key()}] = ctx.defer(); });
    processor first{g};
    processor second{g};
    const auto run1 = w.start(first, w.member("a"));
    REQUIRE(w.until([&] { return first.status().partitions.size() == 2; }));
    for (int i = 0; i < 8; ++i) w.write("orders", "k" + std::to_string(i), "x");
    REQUIRE(w.until([&] { return handles.size() == 8; }));
    const auto run2 = w.start(second, w.member("b"));
    w.threads.advance(3s);
    CHECK(second.status().partitions.empty());
    for (auto& [key, handle] : handles) handle.complete();
    REQUIRE(w.until([&] { return second.status().partitions.size() == 1; }));
    REQUIRE(w.until([&] { return caught_up(w, first) && caught_up(w, second); }));
    w.stop(second, run2);
    w.stop(first, run1);
  }

  TEST_CASE("deferred records are bounded: a partition with too many takes no more") {
    world w;
    w.create("orders", 1);
    std::vector<deferred> handles;
    group<> g{"g"};
    g.input(orders, [&](context<void>& ctx, const std::string&) { handles.push_back(ctx.defer()); });
    processor_options options;
    options.in_flight_records = 5;
    processor p{g, options};
    const auto run = w.start(p, w.member("a"));
    std::vector<std::pair<std::string, std::string>> records;
    for (int i = 0; i < 20; ++i) records.emplace_back("k" + std::to_string(i), "x");
    w.write_all("orders", records);
    w.threads.advance(3s);
    CHECK(handles.size() == 5);
    handles[0].complete();
    w.threads.advance(100ms);
    CHECK(handles.size() == 6);
    REQUIRE(w.until([&] {
      for (auto& handle : handles) handle.complete();
      return caught_up(w, p);
    }));
    w.stop(p, run);
  }
}

}  // namespace corka
