#include "support/world.hpp"

#include "async/timer.hpp"

#include <corka/group.hpp>

#include <doctest/doctest.h>

#include <cstdint>
#include <string>
#include <vector>

namespace corka {

namespace {

using namespace std::chrono_literals;
using test::caught_up;
using test::world;

const stream<std::string> orders{"orders"};
const stream<std::string> receipts{"receipts"};

}  // namespace

TEST_SUITE("callbacks") {
  TEST_CASE("a coroutine callback may wait; its partition's order and state are kept") {
    world w;
    w.create("orders", 2);
    group<std::string> g{"g"};
    g.input(orders, [&w](context<std::string>& ctx, std::string text) -> task<> {
      const auto before = ctx.value().value_or("");
      co_await async::sleep_for(w.threads.time(), 70ms);
      ctx.set(before + text);
    });
    processor p{g};
    const auto run = w.start(p, w.member("a"));
    w.write_all("orders", {{"anna", "a"}, {"anna", "b"}, {"bob", "x"}, {"anna", "c"}});
    REQUIRE_MESSAGE(w.until([&] { return caught_up(w, p); }), test::story(w, p));
    CHECK(w.row(p, "anna") == "abc");
    CHECK(w.row(p, "bob") == "x");
    w.stop(p, run);
  }

  TEST_CASE("acked() tells where the record is") {
    world w;
    w.create("orders", 1);
    w.create("receipts", 3);
    std::vector<std::string> where;
    group<> g{"g"};
    g.input(orders, [&](context<void>& ctx, std::string text) -> task<> {
      const auto sent = ctx.emit(receipts, "r-" + text, text);
      ctx.emit(receipts, "ignored", text);
      const auto at = co_await sent.acked();
      where.push_back(std::to_string(at.offset.value) + " " + text);
    });
    g.output(receipts);
    processor p{g};
    const auto run = w.start(p, w.member("a"));
    w.write("orders", "anna", "1");
    w.write("orders", "anna", "2");
    REQUIRE_MESSAGE(w.until([&] { return caught_up(w, p); }), test::story(w, p));
    REQUIRE(where.size() == 2);
    const auto out = w.records("receipts");
    CHECK(out.size() == 4);
    CHECK(where[0].ends_with(" 1"));
    CHECK(where[1].ends_with(" 2"));
    w.stop(p, run);
  }

  TEST_CASE("a failing callback ends the processor, and nothing is committed past its record") {
    world w;
    w.create("orders", 1);
    group<std::int64_t> g{"g"};
    g.input(orders, [](context<std::int64_t>& ctx, std::string text) {
      if (text == "poison") ctx.fail("cannot stomach this");
      ctx.set(ctx.value().value_or(0) + 1);
    });
    processor p{g};
    const auto run = w.start(p, w.member("a"));
    w.write_all("orders", {{"anna", "1"}, {"anna", "2"}, {"anna", "poison"}, {"anna", "4"}});
    REQUIRE(w.until([&] { return run.ended(); }));
    CHECK(run.failure().find("orders/0@2") != std::string::npos);
    CHECK(run.failure().find("anna") != std::string::npos);
    CHECK(run.failure().find("cannot stomach this") != std::string::npos);
    CHECK(w.committed("g", "orders", 0) == 2);
    CHECK(w.table("g-table").at("anna") == "2");
    CHECK(p.status().state == processor_state::failed);
    CHECK(p.status().error == run.failure());
  }

  TEST_CASE("a failing coroutine callback does so too") {
    world w;
    w.create("orders", 1);
    group<> g{"g"};
    g.input(orders, [&w](context<void>&, std::string text) -> task<> {
      co_await async::sleep_for(w.threads.time(), 10ms);
      if (text == "poison") throw std::runtime_error{"boom"};
    });
    processor p{g};
    const auto run = w.start(p, w.member("a"));
    w.write_all("orders", {{"anna", "1"}, {"anna", "poison"}, {"anna", "3"}});
    REQUIRE(w.until([&] { return run.ended(); }));
    CHECK(run.failure().find("boom") != std::string::npos);
    CHECK(w.committed("g", "orders", 0) == 1);
  }

  TEST_CASE("an undecodable record ends the processor and says where it is") {
    world w;
    w.create("orders", 1);
    group<> g{"g"};
    g.input(stream<std::int64_t>{"orders"}, [](context<void>&, std::int64_t) {});
    processor p{g};
    const auto run = w.start(p, w.member("a"));
    w.write("orders", "anna", "12x");
    REQUIRE(w.until([&] { return run.ended(); }));
    CHECK(run.failure().find("orders/0@0") != std::string::npos);
    CHECK(run.failure().find("byte 2") != std::string::npos);
    CHECK(w.committed("g", "orders", 0) == 0);
  }

  TEST_CASE("emitting to what was not declared is an error that names its cure") {
    world w;
    w.create("orders", 1);
    w.create("receipts", 1);
    group<> g{"g"};
    g.input(orders, [](context<void>& ctx, std::string text) { ctx.emit(receipts, ctx.key(), text); });
    processor p{g};
    const auto run = w.start(p, w.member("a"));
    w.write("orders", "anna", "1");
    REQUIRE(w.until([&] { return run.ended(); }));
    CHECK(run.failure().find("add .output(receipts) to the group") != std::string::npos);
  }

  TEST_CASE("one partition's slow callback does not stop another partition") {
    world w;
    w.create("orders", 2);
    group<std::int64_t> g{"g"};
    g.input(orders, [&w](context<std::int64_t>& ctx, std::string text) -> task<> {
      if (text == "slow") co_await async::sleep_for(w.threads.time(), 5s);
      ctx.set(ctx.value().value_or(0) + 1);
    });
    processor p{g};
    const auto run = w.start(p, w.member("a"));
    const std::string slow = "k0";
    std::string fast;
    for (int i = 1; fast.empty(); ++i) {
      const auto key = "k" + std::to_string(i);
      if (partition_of(key, 2) != partition_of(slow, 2)) fast = key;
    }
    w.write("orders", slow, "slow");
    for (int i = 0; i < 20; ++i) w.write("orders", fast, "quick");
    REQUIRE(w.until([&] { return w.row(p, fast) == "20"; }, 4s));
    CHECK(w.row(p, slow) == "(none)");
    REQUIRE(w.until([&] { return w.row(p, slow) == "1"; }));
    w.stop(p, run);
  }

  TEST_CASE("a stop waits for a suspended callback, and cancels it at the deadline") {
    world w;
    w.create("orders", 1);
    bool unwound = false;
    group<> g{"g"};
    g.input(orders, [&](context<void>&, std::string text) -> task<> {
      struct mark {
        bool* to;
        ~mark() { *to = true; }
      } const at_end{&unwound};
      co_await async::sleep_for(w.threads.time(), text == "long" ? 1h : 2s);
    });
    processor p{g};
    auto run = w.start(p, w.member("a"));
    w.write("orders", "anna", "short");
    REQUIRE(w.until([&] { return p.status().partitions.size() == 1; }));
    w.threads.advance(100ms);
    w.stop(p, run);
    CHECK(w.committed("g", "orders", 0) == 1);

    unwound = false;
    run = w.start(p, w.member("a"));
    w.write("orders", "anna", "long");
    w.threads.advance(500ms);
    const auto from = w.threads.time().now();
    w.stop(p, run);
    CHECK(unwound);
    CHECK(run.failure().empty());
    CHECK(w.threads.time().now() - from < 12s);
    CHECK(w.committed("g", "orders", 0) == 1);
  }
}

}  // namespace corka
