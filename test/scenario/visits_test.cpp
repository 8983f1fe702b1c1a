// Visitors: a callback over every row of a group table.
#include "resetting.hpp"

#include "async/timer.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <map>
#include <set>
#include <stop_token>
#include <string>
#include <vector>

namespace corka {

namespace {

using namespace std::chrono_literals;
using namespace test::resetting;
using test::caught_up;
using test::visiting;
using test::world;

const stream<std::string> receipts{"receipts"};

}  // namespace

TEST_SUITE("visits") {
  TEST_CASE("every row of every partition is visited once, in key order, and what is set is in the changelog") {
    world w;
    w.create("orders", 10);
    std::map<std::int32_t, std::vector<std::string>> visited;
    auto g = resettable();
    g.visitor<int>("look", [&](context<std::string>& ctx, int) {
      visited[ctx.partition().value].emplace_back(ctx.key());
      CHECK(ctx.topic().str() == "look");
      CHECK(ctx.offset().value == -1);
      CHECK(ctx.headers().empty());
      CHECK(ctx.value() == "1");
      CHECK(ctx.timestamp().time_since_epoch() > 1h);
    });
    processor p{g};
    const auto run = w.start(p, w.member("a"));
    fill(w, 200);
    REQUIRE_MESSAGE(w.until([&] { return caught_up(w, p); }), test::story(w, p));
    const visiting look{w, p, "look", 0};
    REQUIRE(w.until([&] { return look.ended(); }));
    CHECK(look.result().outcome == visit_outcome::completed);
    CHECK(look.result().rows == 200);
    CHECK(look.result().resume().empty());
    std::size_t all = 0;
    for (auto& [partition, keys] : visited) {
      CHECK(std::ranges::is_sorted(keys));
      CHECK(std::ranges::adjacent_find(keys) == keys.end());
      all += keys.size();
    }
    CHECK(all == 200);

    const visiting reset{w, p, "reset", std::string{"25"}};
    REQUIRE(w.until([&] { return reset.ended(); }));
    CHECK(reset.result().outcome == visit_outcome::completed);
    CHECK(reset.result().partitions.size() == 10);
    CHECK(with_value(w, "25") == 200);
    CHECK(w.row(p, key(7)) == "25");
    w.stop(p, run);
  }

  TEST_CASE("more rows than a page holds are visited once each") {
    world w;
    w.create("orders", 1);
    std::vector<std::string> visited;
    auto g = resettable();
    g.visitor<int>("look", [&](context<std::string>& ctx, int) { visited.emplace_back(ctx.key()); });
    processor p{g, {.cache_bytes = 100'000}};
    const auto run = w.start(p, w.member("a"));
    fill(w, 10'000);
    REQUIRE(w.until([&] { return caught_up(w, p); }));
    const visiting look{w, p, "look", 0, {.rows_per_slice = 333}};
    REQUIRE(w.until([&] { return look.ended(); }));
    CHECK(look.result().rows == 10'000);
    CHECK(visited.size() == 10'000);
    CHECK(std::ranges::is_sorted(visited));
    CHECK(std::ranges::adjacent_find(visited) == visited.end());
    w.stop(p, run);
  }

  TEST_CASE("rows that are not saved yet are visited with what they hold") {
    world w;
    w.create("orders", 1);
    std::map<std::string, std::string> visited;
    auto g = resettable();
    g.visitor<int>("look", [&](context<std::string>& ctx, int) { visited[std::string{ctx.key()}] = *ctx.value(); });
    processor p{g, {.commit_interval = 1h}};
    const auto run = w.start(p, w.member("a"));
    fill(w, 3, "old");
    REQUIRE(w.until([&] { return w.row(p, key(2)) == "old"; }));
    w.write("orders", key(1), "new");
    w.write("orders", key(2), "erase");
    REQUIRE(w.until([&] { return w.row(p, key(2)) == "(none)"; }));
    const visiting look{w, p, "look", 0};
    REQUIRE(w.until([&] { return look.ended(); }));
    CHECK(look.result().rows == 2);
    CHECK(visited == std::map<std::string, std::string>{{key(0), "old"}, {key(1), "new"}});
    w.stop(p, run);
  }

  TEST_CASE("rows that are erased before their turn are not visited; the others have their latest state") {
    world w;
    w.create("orders", 1);
    std::map<std::string, std::string> visited;
    auto g = resettable();
    g.visitor<int>("look", [&](context<std::string>& ctx, int) -> task<> {
      visited[std::string{ctx.key()}] = *ctx.value();
      co_await async::sleep_for(w.threads.time(), 500ms);
    });
    processor p{g};
    const auto run = w.start(p, w.member("a"));
    fill(w, 4, "old");
    REQUIRE(w.until([&] { return caught_up(w, p); }));
    const visiting look{w, p, "look", 0};
    REQUIRE(w.until([&] { return visited.size() == 1; }));
    w.write("orders", key(2), "erase");
    w.write("orders", key(3), "new");
    REQUIRE(w.until([&] { return look.ended(); }));
    CHECK(look.result().rows == 3);
    CHECK(visited == std::map<std::string, std::string>{{key(0), "old"}, {key(1), "old"}, {key(3), "new"}});
    w.stop(p, run);
  }

  TEST_CASE("emits and erasures are acknowledged before the visit is completed") {
    world w;
    w.create("orders", 4);
    w.create("receipts", 1);
    auto g = resettable();
    g.output(receipts);
    g.visitor<std::string>("retire", [](context<std::string>& ctx, const std::string& why) {
      ctx.emit(receipts, ctx.key(), why);
      ctx.erase();
    });
    processor p{g, {.linger = 200ms}};
    const auto run = w.start(p, w.member("a"));
    fill(w, 50);
    REQUIRE(w.until([&] { return caught_up(w, p); }));
    std::size_t receipts_at_end = 0;
    std::size_t rows_at_end = 1;
    const visiting retire{w, p, "retire", std::string{"old age"}};
    REQUIRE(w.until([&] { return retire.ended(); }));
    receipts_at_end = w.records("receipts").size();
    rows_at_end = w.table("g-table").size();
    CHECK(retire.result().rows == 50);
    CHECK(receipts_at_end == 50);
    CHECK(rows_at_end == 0);
    w.stop(p, run);
  }

  TEST_CASE("what a completed visit wrote survives a machine that is lost at once") {
    world w;
    w.create("orders", 4);
    processor p{resettable(), {.commit_interval = 1h}};
    const auto run = w.start(p, w.member("a"));
    fill(w, 40);
    REQUIRE(w.until([&] { return w.row(p, key(39)) == "1"; }));
    const visiting reset{w, p, "reset", std::string{"25"}};
    REQUIRE(w.until([&] { return reset.ended(); }));
    CHECK(reset.result().rows == 40);
    p.stop();
    p.stop();
    REQUIRE(w.until([&] { return run.ended(); }));
    CHECK(with_value(w, "25") == 40);
  }

  TEST_CASE("records get their turn between slices") {
    world w;
    w.create("orders", 1);
    processor p{slowly_resettable(w, 1ms)};
    const auto run = w.start(p, w.member("a"));
    fill(w, 3'000);
    REQUIRE(w.until([&] { return caught_up(w, p); }));
    const visiting reset{w, p, "reset", std::string{"25"}};
    w.threads.advance(100ms);
    w.write("orders", "zoe", "here");
    const auto written = w.threads.time().now();
    REQUIRE(w.until([&] { return w.row(p, "zoe") == "here"; }));
    CHECK(w.threads.time().now() - written < 50ms);
    CHECK_FALSE(reset.ended());
    REQUIRE(w.until([&] { return reset.ended(); }));
    w.stop(p, run);
  }

  TEST_CASE("progress is told after slices, and shown in the status while it runs") {
    world w;
    w.create("orders", 2);
    processor p{slowly_resettable(w, 10ms)};
    const auto run = w.start(p, w.member("a"));
    fill(w, 100);
    REQUIRE(w.until([&] { return caught_up(w, p); }));
    std::vector<std::uint64_t> told;
    const visiting reset{w, p, "reset", std::string{"25"}, {.on_progress = [&](const visit_progress& now) {
                           told.push_back(now.rows);
                         }}};
    w.threads.advance(300ms);
    const auto status = p.status();
    REQUIRE(status.visits.size() == 1);
    CHECK(status.visits[0].visitor == "reset");
    CHECK(status.visits[0].progress.partitions == 2);
    CHECK(status.visits[0].progress.rows > 20);
    CHECK(status.visits[0].progress.rows < 100);
    CHECK(status.visits[0].progress.rows + status.visits[0].progress.rows_left == 100);
    REQUIRE(w.until([&] { return reset.ended(); }));
    CHECK(p.status().visits.empty());
    CHECK(told.size() > 10);
    CHECK(std::ranges::is_sorted(told));
    CHECK(told.back() <= 100);
    w.stop(p, run);
  }

  TEST_CASE("middleware runs around visitors too") {
    world w;
    w.create("orders", 1);
    std::vector<std::string> seen;
    auto g = resettable();
    g.use([&](invocation& call) {
      if (call.kind() != call_kind::visitor) return;
      seen.push_back(call.topic().str() + " " + std::string{call.key()} + (call.offset() ? " offset" : ""));
    });
    processor p{g};
    const auto run = w.start(p, w.member("a"));
    fill(w, 1);
    REQUIRE(w.until([&] { return caught_up(w, p); }));
    const visiting reset{w, p, "reset", std::string{"25"}};
    REQUIRE(w.until([&] { return reset.ended(); }));
    CHECK(seen == std::vector<std::string>{"reset " + key(0)});
    w.stop(p, run);
  }

  TEST_CASE("where several callbacks may be suspended, visitors and records of one key never overlap; others do") {
    world w;
    w.create("orders", 1);
    std::set<std::string> busy;
    int overlaps = 0;
    std::size_t most_busy = 0;
    const auto slowly = [&](context<std::string>& ctx, std::string add) -> task<> {
      const std::string mine{ctx.key()};
      if (!busy.insert(mine).second) ++overlaps;
      most_busy = std::max(most_busy, busy.size());
      const auto before = ctx.value().value_or("");
      co_await async::sleep_for(w.threads.time(), 7ms);
      ctx.set(before + add);
      busy.erase(mine);
    };
    group<std::string> g{"g"};
    g.input(orders, slowly, {.concurrency = 8});
    g.visitor<std::string>("append", slowly);
    processor p{g};
    const auto run = w.start(p, w.member("a"));
    fill(w, 20, "a");
    REQUIRE(w.until([&] { return caught_up(w, p); }));
    const visiting visit{w, p, "append", std::string{"v"}};
    // One key is busy all the time.
    for (int i = 0; i < 30; ++i) {
      w.write("orders", key(5), "x");
      w.write("orders", key(i % 20), "y");
    }
    REQUIRE(w.until([&] { return visit.ended() && caught_up(w, p); }));
    CHECK(visit.result().outcome == visit_outcome::completed);
    CHECK(visit.result().rows == 20);
    CHECK(overlaps == 0);
    CHECK(most_busy > 1);
    for (int i = 0; i < 20; ++i) {
      const auto row = w.row(p, key(i));
      CHECK(std::ranges::count(row, 'v') == 1);
      CHECK(row.size() == 2U + (i < 10 ? 2 : 1) + (i == 5 ? 30 : 0));
    }
    w.stop(p, run);
    CHECK(run.failure().empty());
  }

  TEST_CASE("a visit that waits behind a busy key is cancelled at once, and its turn passes by") {
    world w;
    w.create("orders", 1);
    group<std::string> g{"g"};
    g.input(orders,
            [&w](context<std::string>& ctx, std::string text) -> task<> {
              if (text == "slow") co_await async::sleep_for(w.threads.time(), 10s);
              ctx.set(text);
            },
            {.concurrency = 4});
    g.visitor<std::string>("reset", [](context<std::string>& ctx, const std::string& to) { ctx.set(to); });
    processor p{g};
    const auto run = w.start(p, w.member("a"));
    fill(w, 3);
    REQUIRE(w.until([&] { return caught_up(w, p); }));
    w.write("orders", key(1), "slow");
    w.threads.advance(100ms);
    std::stop_source stop;
    const visiting visit{w, p, "reset", std::string{"25"}, {.cancel = stop.get_token()}};
    w.threads.advance(1s);
    CHECK_FALSE(visit.ended());
    CHECK(w.row(p, key(0)) == "25");
    stop.request_stop();
    REQUIRE(w.until([&] { return visit.ended(); }, 100ms));
    CHECK(visit.result().rows == 1);
    CHECK(visit.result().resume() == std::vector<visit_position>{{partition_id{0}, key(1)}});
    const visiting rest{w, p, "reset", std::string{"26"}, {.resume_at = visit.result().resume()}};
    REQUIRE(w.until([&] { return rest.ended(); }));
    CHECK(rest.result().rows == 2);
    CHECK(w.row(p, key(1)) == "26");
    w.write("orders", key(1), "quick");
    REQUIRE_MESSAGE(w.until([&] { return caught_up(w, p); }), test::story(w, p));
    CHECK(w.row(p, key(1)) == "quick");
    w.stop(p, run);
  }

  TEST_CASE("inputs that are merged by timestamp leave room for visits") {
    world w;
    w.create("orders", 1);
    w.create("receipts", 1);
    group<std::string> g{"g", {.order = input_order::by_timestamp, .idle_wait = 1h}};
    g.input(orders, [](context<std::string>& ctx, const std::string& text) { ctx.set(text); });
    g.input(receipts, [](context<std::string>& ctx, const std::string& text) { ctx.set(text); });
    g.visitor<std::string>("reset", [](context<std::string>& ctx, const std::string& to) { ctx.set(to); });
    processor p{g};
    const auto run = w.start(p, w.member("a"));
    fill(w, 300);
    w.write("receipts", "zoe", "1");
    REQUIRE(w.until([&] { return w.row(p, key(299)) == "1" && w.row(p, "zoe") == "(none)"; }));
    const visiting visit{w, p, "reset", std::string{"25"}};
    REQUIRE(w.until([&] { return visit.ended(); }, 10s));
    CHECK(visit.result().rows == 300);
    w.stop(p, run);
  }

  TEST_CASE("several visits of one table run one after another") {
    world w;
    w.create("orders", 1);
    processor p{slowly_resettable(w, 10ms)};
    const auto run = w.start(p, w.member("a"));
    fill(w, 10);
    REQUIRE(w.until([&] { return caught_up(w, p); }));
    const visiting first{w, p, "reset", std::string{"one"}};
    const visiting second{w, p, "reset", std::string{"two"}};
    std::stop_source third_stop;
    const visiting third{w, p, "reset", std::string{"three"}, {.cancel = third_stop.get_token()}};
    third_stop.request_stop();
    REQUIRE(w.until([&] { return third.ended(); }, 50ms));
    CHECK(third.result().outcome == visit_outcome::cancelled);
    CHECK(third.result().rows == 0);
    CHECK(third.result().resume().size() == 1);
    REQUIRE(w.until([&] { return first.ended(); }));
    CHECK_FALSE(second.ended());
    REQUIRE(w.until([&] { return second.ended(); }));
    CHECK(first.result().rows == 10);
    CHECK(second.result().rows == 10);
    CHECK(with_value(w, "two") == 10);
    w.stop(p, run);
  }

  TEST_CASE("what cannot be visited is an error with its cure") {
    world w;
    w.create("orders", 1);
    processor p{resettable()};
    const visiting early{w, p, "reset", std::string{"25"}};
    REQUIRE(w.until([&] { return early.ended(); }));
    CHECK(early.failure().find("does not run: start it") != std::string::npos);
    const auto run = w.start(p, w.member("a"));
    REQUIRE(w.until([&] { return p.status().partitions.size() == 1; }));
    const visiting unknown{w, p, "rest", std::string{"25"}};
    const visiting other{w, p, "reset", 25};
    const visiting slice{w, p, "reset", std::string{"25"}, {.rows_per_slice = 0}};
    const visiting twice{
        w, p, "reset", std::string{"25"}, {.resume_at = {{partition_id{0}, "a"}, {partition_id{0}, "b"}}}};
    REQUIRE(w.until([&] { return unknown.ended() && other.ended() && slice.ended() && twice.ended(); }));
    CHECK(unknown.failure().find("has no visitor 'rest': add .visitor<Meta>(\"rest\"") != std::string::npos);
    CHECK(other.failure().find("takes another type") != std::string::npos);
    CHECK(slice.failure().find("rows_per_slice is 0") != std::string::npos);
    CHECK(twice.failure().find("partition 0 twice") != std::string::npos);
    w.stop(p, run);
  }
}

}  // namespace corka
