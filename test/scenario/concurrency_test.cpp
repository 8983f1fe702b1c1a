#include "scenario/observer.hpp"
#include "support/world.hpp"

#include "async/timer.hpp"

#include <corka/group.hpp>

#include <doctest/doctest.h>

#include <algorithm>
#include <cstdint>
#include <map>
#include <random>
#include <string>
#include <vector>

namespace corka {

namespace {

using namespace std::chrono_literals;
using test::caught_up;
using test::observer;
using test::world;

const stream<std::string> orders{"orders"};
const stream<std::string> returns{"returns"};
const stream<std::string> receipts{"receipts"};

}  // namespace

TEST_SUITE("concurrency") {
  TEST_CASE("n callbacks of a partition are suspended at once, one key's never") {
    world w;
    w.create("orders", 1);
    observer seen;
    group<std::string> g{"g"};
    const auto on_order = [&](context<std::string>& ctx, std::string text) -> task<> {
      observer::visit v{seen, ctx.key(), text};
      const auto before = ctx.value().value_or("");
      co_await async::sleep_for(w.threads.time(), 100ms);
      ctx.set(before + text);
      v.done(text);
    };
    g.input(orders, on_order, {.concurrency = 10});
    processor p{g};
    const auto run = w.start(p, w.member("a"));
    REQUIRE(w.until([&] { return p.status().partitions.size() == 1; }));
    std::vector<std::pair<std::string, std::string>> records;
    for (int round = 0; round < 3; ++round) {
      for (int k = 0; k < 20; ++k)
        records.emplace_back("k" + std::to_string(k), std::string(1, static_cast<char>('a' + round)));
    }
    const auto from = w.threads.time().now();
    w.write_all("orders", records);
    REQUIRE_MESSAGE(w.until([&] { return caught_up(w, p); }), test::story(w, p));
    CHECK(seen.most == 10);
    CHECK_FALSE(seen.overlapped);
    for (int k = 0; k < 20; ++k) CHECK(w.row(p, "k" + std::to_string(k)) == "abc");
    // 60 callbacks of 100 ms, ten at a time.
    CHECK(w.threads.time().now() - from < 2s);
    w.stop(p, run);
  }

  TEST_CASE("how old records are when they are done is told with several callbacks as with one") {
    for (const std::size_t at_once : {1U, 10U}) {
      CAPTURE(at_once);
      world w;
      w.create("orders", 1);
      group<> g{"g"};
      const auto on_order = [&w](context<void>&, std::string) -> task<> {
        co_await async::sleep_for(w.threads.time(), 200ms);
      };
      g.input(orders, on_order, {.concurrency = at_once});
      processor p{g};
      const auto run = w.start(p, w.member("a"));
      REQUIRE(w.until([&] { return p.status().partitions.size() == 1; }));
      w.write("orders", "k", "x");
      REQUIRE(w.until([&] { return caught_up(w, p); }));
      const auto age = p.status().partitions.at(0).end_to_end;
      CHECK(age.count == 1);
      CHECK(age.max >= 200'000);
      w.stop(p, run);
    }
  }

  TEST_CASE("without concurrency callbacks run one after another") {
    world w;
    w.create("orders", 1);
    observer seen;
    group<> g{"g"};
    g.input(orders, [&](context<void>& ctx, std::string text) -> task<> {
      const observer::visit v{seen, ctx.key(), text};
      co_await async::sleep_for(w.threads.time(), 10ms);
    });
    processor p{g};
    const auto run = w.start(p, w.member("a"));
    w.write_all("orders", {{"a", "1"}, {"b", "2"}, {"c", "3"}});
    REQUIRE(w.until([&] { return caught_up(w, p); }));
    CHECK(seen.most == 1);
    w.stop(p, run);
  }

  TEST_CASE("nothing above a record that is not done is committed") {
    world w;
    w.create("orders", 1);
    group<> g{"g"};
    const auto on_order = [&](context<void>&, std::string text) -> task<> {
      if (text == "slow") co_await async::sleep_for(w.threads.time(), 20s);
    };
    g.input(orders, on_order, {.concurrency = 4});
    processor p{g};
    const auto run = w.start(p, w.member("a"));
    w.write_all("orders", {{"a", "1"}, {"b", "slow"}, {"c", "3"}, {"d", "4"}});
    REQUIRE(w.until([&] {
      const auto s = p.status();
      return !s.partitions.empty() && s.partitions[0].inputs[0].processed.value == 4;
    }));
    w.threads.advance(5s);
    CHECK(w.committed("g", "orders", 0) == 1);
    REQUIRE(w.until([&] { return caught_up(w, p); }));
    CHECK(w.committed("g", "orders", 0) == 4);
    w.stop(p, run);
  }

  TEST_CASE("a slow key does not hold up others until too many records wait behind it") {
    world w;
    w.create("orders", 1);
    std::size_t quick = 0;
    group<> g{"g"};
    const auto on_order = [&](context<void>&, std::string text) -> task<> {
      if (text == "slow") co_await async::sleep_for(w.threads.time(), 30s);
      else ++quick;
    };
    g.input(orders, on_order, {.concurrency = 2});
    processor p{g};
    const auto run = w.start(p, w.member("a"));
    std::vector<std::pair<std::string, std::string>> records{{"stuck", "slow"}};
    // 256 wait behind the slow one, the 257th holds up what comes after it.
    for (int i = 0; i < 256; ++i) {
      records.emplace_back("stuck", "waits");
      records.emplace_back("k" + std::to_string(i), "quick");
    }
    w.write_all("orders", records);
    REQUIRE(w.until([&] { return quick == 256; }, 10s));
    w.write_all("orders", {{"stuck", "waits"}, {"free", "held up"}});
    w.threads.advance(5s);
    CHECK(quick == 256);
    REQUIRE(w.until([&] { return caught_up(w, p); }));
    CHECK(quick == 256 + 256 + 2);
    w.stop(p, run);
  }

  TEST_CASE("records of one key do not overlap across inputs, plain callbacks and the loop") {
    world w;
    w.create("orders", 1);
    w.create("returns", 1);
    observer seen;
    group<std::string> g{"g"};
    const auto slowly = [&](context<std::string>& ctx, std::string text) -> task<> {
      observer::visit v{seen, ctx.key(), text};
      const auto before = ctx.value().value_or("");
      if (text == "o") ctx.loop(ctx.key(), std::string{"l"});
      co_await async::sleep_for(w.threads.time(), 30ms);
      ctx.set(before + text);
    };
    g.input(orders, slowly, {.concurrency = 8});
    g.input(returns, [&](context<std::string>& ctx, std::string text) {
      const observer::visit v{seen, ctx.key(), text};
      ctx.set(ctx.value().value_or("") + text);
    });
    g.loop<std::string>(slowly, {.concurrency = 3});
    processor p{g};
    const auto run = w.start(p, w.member("a"));
    REQUIRE(w.until([&] { return p.status().partitions.size() == 1; }));
    for (int round = 0; round < 5; ++round) {
      w.write_all("orders", {{"anna", "o"}, {"bob", "o"}, {"cleo", "o"}});
      w.write_all("returns", {{"anna", "r"}, {"cleo", "r"}});
    }
    REQUIRE_MESSAGE(w.until([&] { return caught_up(w, p); }), test::story(w, p));
    CHECK_FALSE(seen.overlapped);
    CHECK(seen.most > 1);
    for (const auto* key : {"anna", "bob", "cleo"}) {
      const auto row = w.row(p, key);
      CHECK(std::ranges::count(row, 'o') == 5);
      CHECK(std::ranges::count(row, 'l') == 5);
      CHECK(std::ranges::count(row, 'r') == (row.size() == 10 ? 0 : 5));
    }
    CHECK(w.row(p, "bob").size() == 10);
    w.stop(p, run);
  }

  TEST_CASE("rows of suspended callbacks outlive the row cache") {
    world w;
    w.create("orders", 1);
    group<std::string> g{"g"};
    const auto on_order = [&](context<std::string>& ctx, std::string text) -> task<> {
      ctx.set(ctx.value().value_or("") + text);
      if (text == "first") co_await async::sleep_for(w.threads.time(), 5s);
      if (text == "first") ctx.set(ctx.value().value_or("gone") + "!");
    };
    g.input(orders, on_order, {.concurrency = 4});
    processor_options options;
    options.cache_bytes = 0;
    options.commit_interval = 50ms;
    options.batch_records = 4;
    processor p{g, options};
    const auto run = w.start(p, w.member("a"));
    w.write("orders", "anna", "first");
    std::vector<std::pair<std::string, std::string>> others;
    for (int i = 0; i < 300; ++i) others.emplace_back("k" + std::to_string(i % 90), "x");
    w.write_all("orders", others);
    REQUIRE_MESSAGE(w.until([&] { return caught_up(w, p); }), test::story(w, p));
    CHECK(w.row(p, "anna") == "first!");
    CHECK(w.table("g-table").at("anna") == "first!");
    w.stop(p, run);
  }

  TEST_CASE("each of the callbacks that wait for acknowledgements gets its own") {
    world w;
    w.create("orders", 1);
    w.create("receipts", 1);
    std::map<std::int64_t, std::string> at;
    group<> g{"g"};
    const auto on_order = [&](context<void>& ctx, std::string text) -> task<> {
      const auto sent = ctx.emit(receipts, ctx.key(), text);
      const auto where = co_await sent.acked();
      at[where.offset.value] = text;
    };
    g.input(orders, on_order, {.concurrency = 50});
    g.output(receipts);
    processor p{g};
    const auto run = w.start(p, w.member("a"));
    std::vector<std::pair<std::string, std::string>> records;
    for (int i = 0; i < 200; ++i) records.emplace_back("k" + std::to_string(i), std::to_string(i));
    w.write_all("orders", records);
    REQUIRE(w.until([&] { return caught_up(w, p); }));
    const auto out = w.records("receipts");
    REQUIRE(out.size() == 200);
    for (const auto& r : out) CHECK(at[r.at] == r.value);
    w.stop(p, run);
  }

  TEST_CASE("a partition with many waiting records leaves its worker to others") {
    world w;
    w.create("orders", 2);
    group<std::int64_t> g{"g"};
    const auto on_order = [&](context<std::int64_t>& ctx, std::string) -> task<> {
      co_await async::sleep_for(w.threads.time(), 10ms);
      ctx.set(ctx.value().value_or(0) + 1);
    };
    g.input(orders, on_order, {.concurrency = 5});
    processor p{g};
    const auto run = w.start(p, w.member("a"));
    std::vector<std::pair<std::string, std::string>> crowd;
    std::string lone;
    for (int i = 0; crowd.size() < 4'000; ++i) {
      const auto key = "k" + std::to_string(i);
      if (partition_of(key, 2).value == 0) crowd.emplace_back(key, "x");
      else if (lone.empty()) lone = key;
    }
    w.write_all("orders", crowd);
    w.write("orders", lone, "x");
    REQUIRE(w.until([&] { return w.row(p, lone) == "1"; }, 1s));
    CHECK_FALSE(caught_up(w, p));
    REQUIRE(w.until([&] { return caught_up(w, p); }));
    w.stop(p, run);
  }

  TEST_CASE("any mix of keys, waits and inputs: everything once, each key in order") {
    for (std::uint32_t seed = 1; seed <= 6; ++seed) {
      CAPTURE(seed);
      world w;
      w.create("orders", 2);
      std::mt19937 random{seed};
      std::map<std::string, std::string> expected;
      observer seen;
      group<std::string> g{"g"};
      const auto on_order = [&](context<std::string>& ctx, std::string text) -> task<> {
        observer::visit v{seen, ctx.key(), text};
        const auto before = ctx.value().value_or("");
        const auto wait = random() % 4;
        for (unsigned i = 0; i < wait; ++i)
          co_await async::sleep_for(w.threads.time(), std::chrono::milliseconds{random() % 20});
        ctx.set(before + text);
      };
      g.input(orders, on_order, {.concurrency = 1 + seed * 3});
      processor_options options;
      options.batch_records = 7;
      processor p{g, options};
      const auto run = w.start(p, w.member("a"));
      std::vector<std::pair<std::string, std::string>> records;
      for (int i = 0; i < 600; ++i) {
        const auto key = "k" + std::to_string(random() % 25);
        const std::string value(1, static_cast<char>('a' + i % 26));
        expected[key] += value;
        records.emplace_back(key, value);
      }
      w.write_all("orders", records);
      REQUIRE_MESSAGE(w.until([&] { return caught_up(w, p); }), test::story(w, p));
      CHECK_FALSE(seen.overlapped);
      for (const auto& [key, value] : expected) CHECK(w.row(p, key) == value);
      w.stop(p, run);
    }
  }
}

}  // namespace corka
