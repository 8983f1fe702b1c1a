// How visits end early: cancelled, failed, or because the partition goes away.
#include "resetting.hpp"
#include "support/cancellable.hpp"

#include "async/timer.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <optional>
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

/// Fails at the key that it is given, whose row it has set before.
group<std::string> fragile() {
  group<std::string> g{"g"};
  g.input(orders, [](context<std::string>& ctx, const std::string& text) { ctx.set(text); });
  g.visitor<std::string>("break", [](context<std::string>& ctx, const std::string& at) {
    ctx.set("visited");
    if (ctx.key() == at) ctx.fail("it broke");
  });
  return g;
}

}  // namespace

TEST_SUITE("visits that end early") {
  TEST_CASE("a failing callback fails the visit, and names the row; the processor goes on") {
    world w;
    w.create("orders", 1);
    processor p{fragile()};
    const auto run = w.start(p, w.member("a"));
    fill(w, 10);
    REQUIRE(w.until([&] { return caught_up(w, p); }));
    const visiting first{w, p, "break", key(4)};
    REQUIRE(w.until([&] { return first.ended(); }));
    CHECK(first.result().outcome == visit_outcome::failed);
    CHECK(first.result().why.find("it broke") != std::string::npos);
    CHECK(first.result().why.find(key(4)) != std::string::npos);
    CHECK(first.result().why.find("visitor 'break' of group 'g', partition 0") != std::string::npos);
    CHECK(first.result().rows == 4);
    CHECK(first.result().resume() == std::vector<visit_position>{{partition_id{0}, key(4)}});
    CHECK(with_value(w, "visited") == 4);  // what it wrote before it failed is not written
    CHECK(w.row(p, key(4)) == "1");

    w.write("orders", "zoe", "here");
    REQUIRE_MESSAGE(w.until([&] { return caught_up(w, p); }), test::story(w, p));
    CHECK(w.row(p, "zoe") == "here");
    const visiting rest{w, p, "break", std::string{"nowhere"}, {.resume_at = first.result().resume()}};
    REQUIRE(w.until([&] { return rest.ended(); }));
    CHECK(rest.result().outcome == visit_outcome::completed);
    CHECK(rest.result().rows == 7);  // from the fifth on, and zoe
    CHECK(with_value(w, "visited") == 11);
    CHECK(p.status().state == processor_state::running);
    w.stop(p, run);
    CHECK(run.failure().empty());
  }

  TEST_CASE("of 2000 rows in 10 partitions one fails: the other partitions are visited to their ends, nothing hangs") {
    world w;
    w.create("orders", 10);
    processor p{fragile()};
    const auto run = w.start(p, w.member("a"));
    fill(w, 2'000);
    REQUIRE(w.until([&] { return caught_up(w, p); }));
    const visiting visit{w, p, "break", key(1'000), {.rows_per_slice = 1}};
    REQUIRE(w.until([&] { return visit.ended(); }));
    const auto& result = visit.result();
    CHECK(result.outcome == visit_outcome::failed);
    CHECK(std::ranges::count(result.partitions, visit_outcome::failed, &visited_partition::outcome) == 1);
    CHECK(std::ranges::count(result.partitions, visit_outcome::completed, &visited_partition::outcome) == 9);
    CHECK(result.rows < 2'000);
    CHECK(result.resume().size() == 1);
    w.stop(p, run);
    CHECK(run.failure().empty());
  }

  TEST_CASE("a record that cannot be delivered, or a deferral that fails, fails the visit at its row") {
    world w;
    w.create("orders", 1);
    w.create("receipts", 1);
    const stream<std::string> receipts{"receipts"};
    group<std::string> g{"g"};
    g.input(orders, [](context<std::string>& ctx, const std::string& text) { ctx.set(text); });
    g.output(receipts);
    g.visitor<bool>("send", [&](context<std::string>& ctx, bool large) {
      const bool bad = ctx.key() == key(3);
      if (large) ctx.emit(receipts, ctx.key(), bad ? std::string(2'000'000, 'x') : "small");
      else if (bad) ctx.defer().fail("changed its mind");
    });
    processor p{g};
    const auto run = w.start(p, w.member("a"));
    fill(w, 6);
    REQUIRE(w.until([&] { return caught_up(w, p); }));
    const visiting sent{w, p, "send", true};
    REQUIRE(w.until([&] { return sent.ended(); }));
    CHECK(sent.result().outcome == visit_outcome::failed);
    CHECK(sent.result().why.find("could not be delivered") != std::string::npos);
    CHECK(sent.result().rows == 3);
    CHECK(sent.result().resume() == std::vector<visit_position>{{partition_id{0}, key(3)}});
    const visiting deferred{w, p, "send", false};
    REQUIRE(w.until([&] { return deferred.ended(); }));
    CHECK(deferred.result().outcome == visit_outcome::failed);
    CHECK(deferred.result().why.find("changed its mind") != std::string::npos);
    CHECK(deferred.result().rows == 3);
    w.write("orders", "zoe", "here");
    REQUIRE_MESSAGE(w.until([&] { return caught_up(w, p); }), test::story(w, p));
    w.stop(p, run);
    CHECK(run.failure().empty());
  }

  TEST_CASE("a coroutine that fails does so too") {
    world w;
    w.create("orders", 1);
    group<std::string> g{"g"};
    g.input(orders, [](context<std::string>& ctx, const std::string& text) { ctx.set(text); });
    g.visitor<int>("break", [&w](context<std::string>& ctx, int) -> task<> {
      co_await async::sleep_for(w.threads.time(), 10ms);
      if (ctx.key() == key(1)) throw std::runtime_error{"boom"};
    });
    processor p{g};
    const auto run = w.start(p, w.member("a"));
    fill(w, 3);
    REQUIRE(w.until([&] { return caught_up(w, p); }));
    const visiting visit{w, p, "break", 0};
    REQUIRE(w.until([&] { return visit.ended(); }));
    CHECK(visit.result().outcome == visit_outcome::failed);
    CHECK(visit.result().why.find("boom") != std::string::npos);
    CHECK(visit.result().rows == 1);
    w.stop(p, run);
  }

  TEST_CASE(
      "two rows of 500 ms each, cancelled at 750 ms: one is visited, the other unchanged; a later visit does both") {
    world w;
    w.create("orders", 1);
    processor p{slowly_resettable(w, 500ms)};
    const auto run = w.start(p, w.member("a"));
    fill(w, 2);
    REQUIRE(w.until([&] { return caught_up(w, p); }));
    w.threads.advance(2s);
    std::stop_source stop;
    const visiting visit{w, p, "reset", std::string{"25"}, {.cancel = stop.get_token()}};
    w.threads.advance(750ms);
    stop.request_stop();
    REQUIRE(w.until([&] { return visit.ended(); }, 100ms));
    CHECK(visit.result().outcome == visit_outcome::cancelled);
    CHECK(visit.result().rows == 1);
    CHECK(visit.result().resume() == std::vector<visit_position>{{partition_id{0}, key(1)}});
    CHECK(w.row(p, key(0)) == "25");
    w.threads.advance(2s);
    CHECK(w.row(p, key(1)) == "1");

    const visiting again{w, p, "reset", std::string{"26"}};
    REQUIRE(w.until([&] { return again.ended(); }));
    CHECK(again.result().rows == 2);
    CHECK(with_value(w, "26") == 2);
    w.stop(p, run);
  }

  TEST_CASE("a slow visit is cancelled at once, and the processor stays healthy") {
    world w;
    w.create("orders", 10);
    processor p{slowly_resettable(w, 1h)};
    const auto run = w.start(p, w.member("a"));
    fill(w, 100);
    REQUIRE(w.until([&] { return caught_up(w, p); }));
    std::stop_source stop;
    const visiting visit{w, p, "reset", std::string{"25"}, {.cancel = stop.get_token()}};
    w.threads.advance(5s);
    stop.request_stop();
    REQUIRE(w.until([&] { return visit.ended(); }, 100ms));
    CHECK(visit.result().outcome == visit_outcome::cancelled);
    CHECK(visit.result().rows == 0);
    CHECK(visit.result().resume().size() == 10);
    w.write("orders", "zoe", "here");
    REQUIRE_MESSAGE(w.until([&] { return caught_up(w, p); }), test::story(w, p));
    CHECK(p.status().state == processor_state::running);
    w.stop(p, run);
    CHECK(run.failure().empty());
  }

  TEST_CASE("a visit whose caller is cancelled ends too, and says what was done") {
    world w;
    w.create("orders", 1);
    processor p{slowly_resettable(w, 100ms)};
    const auto run = w.start(p, w.member("a"));
    fill(w, 20);
    REQUIRE(w.until([&] { return caught_up(w, p); }));
    std::optional<visit_result> result;
    const auto caller = [](world& in, task<visit_result> visit, std::optional<visit_result>& into) -> task<> {
      into = co_await std::move(visit);
      co_await async::sleep_for(in.threads.time(), 1h);
    };
    test::cancellable visiting;
    visiting.start(w.threads, caller(w, p.visit("reset", std::string{"25"}), result));
    w.threads.advance(550ms);
    visiting.cancel();
    REQUIRE(w.until([&] { return visiting.ended(); }, 100ms));
    CHECK(visiting.aborted());  // what it awaits next
    REQUIRE(result);
    CHECK(result->outcome == visit_outcome::cancelled);
    CHECK(result->rows > 2);
    CHECK(result->rows < 7);
    CHECK(p.status().visits.empty());
    w.stop(p, run);
  }

  TEST_CASE("a visit is aborted by the processor's stop, which is not held up by it") {
    world w;
    w.create("orders", 10);
    processor p{slowly_resettable(w, 500ms)};
    const auto run = w.start(p, w.member("a"));
    fill(w, 100);
    REQUIRE(w.until([&] { return caught_up(w, p); }));
    const visiting visit{w, p, "reset", std::string{"25"}};
    w.threads.advance(2s);
    const auto from = w.threads.time().now();
    w.stop(p, run);
    CHECK(run.failure().empty());
    CHECK(w.threads.time().now() - from < 2s);
    REQUIRE(w.until([&] { return visit.ended(); }));
    const auto& result = visit.result();
    CHECK(result.outcome == visit_outcome::aborted);
    CHECK(result.why.find("the processor was stopped") != std::string::npos);
    CHECK(result.rows > 0);
    CHECK(result.rows < 100);
    CHECK(with_value(w, "25") == static_cast<std::ptrdiff_t>(result.rows));

    // The next run goes on where it was.
    const auto again = w.start(p, w.member("a"));
    REQUIRE(w.until([&] { return p.status().partitions.size() == 10; }));
    const visiting rest{w, p, "reset", std::string{"25"}, {.resume_at = result.resume()}};
    REQUIRE(w.until([&] { return rest.ended(); }));
    CHECK(rest.result().outcome == visit_outcome::completed);
    CHECK(rest.result().rows + result.rows == 100);
    CHECK(with_value(w, "25") == 100);
    w.stop(p, again);
  }

  TEST_CASE("a rebalance aborts the visit where partitions move; the members resume it together") {
    world w;
    w.create("orders", 10);
    processor p{slowly_resettable(w, 500ms)};
    processor q{slowly_resettable(w, 500ms)};
    const auto run = w.start(p, w.member("a"));
    fill(w, 100);
    REQUIRE(w.until([&] { return caught_up(w, p); }));
    const visiting visit{w, p, "reset", std::string{"25"}};
    w.threads.advance(1s);
    const auto second = w.start(q, w.member("b"));
    REQUIRE(w.until([&] { return visit.ended(); }));
    const auto& result = visit.result();
    CHECK(result.outcome == visit_outcome::aborted);
    CHECK(result.why.find("given back to the group") != std::string::npos);
    CHECK(result.rows > 0);
    CHECK(result.rows < 100);
    // Where nothing moved it went on to the end.
    CHECK(std::ranges::count(result.partitions, visit_outcome::aborted, &visited_partition::outcome) == 5);
    CHECK(std::ranges::count(result.partitions, visit_outcome::completed, &visited_partition::outcome) == 5);

    REQUIRE(w.until([&] { return q.status().partitions.size() == 5; }));
    const visiting rest{w, q, "reset", std::string{"25"}, {.resume_at = result.resume()}};
    const visiting elsewhere{w, p, "reset", std::string{"25"}, {.resume_at = result.resume()}};
    REQUIRE(w.until([&] { return rest.ended() && elsewhere.ended(); }));
    CHECK(rest.result().outcome == visit_outcome::completed);
    CHECK(rest.result().rows + result.rows == 100);
    CHECK(with_value(w, "25") == 100);
    CHECK(elsewhere.result().outcome == visit_outcome::aborted);
    CHECK(elsewhere.result().why.find("is not assigned to this process") != std::string::npos);
    CHECK(elsewhere.result().resume() == result.resume());
    w.stop(p, run);
    w.stop(q, second);
    CHECK(run.failure().empty());
    CHECK(second.failure().empty());
  }

  TEST_CASE("a delivery that times out aborts the visit in its partition alone; nothing visited is lost") {
    world w;
    w.create("orders", 4);
    processor p{slowly_resettable(w, 100ms)};
    const auto run = w.start(p, w.member("a"));
    fill(w, 80);
    REQUIRE(w.until([&] { return caught_up(w, p); }));
    const visiting visit{w, p, "reset", std::string{"25"}};
    w.threads.advance(1s);
    w.broker->time_out_deliveries(topic_name{"g-table"}, 1);
    REQUIRE(w.until([&] { return visit.ended(); }));
    const auto& result = visit.result();
    CHECK(result.outcome == visit_outcome::aborted);
    CHECK(result.why.find("goes back to its last commit") != std::string::npos);
    CHECK(std::ranges::count(result.partitions, visit_outcome::aborted, &visited_partition::outcome) == 1);
    CHECK(std::ranges::count(result.partitions, visit_outcome::completed, &visited_partition::outcome) == 3);
    CHECK(with_value(w, "25") >= static_cast<std::ptrdiff_t>(result.rows));

    REQUIRE(w.until([&] { return caught_up(w, p); }));
    const visiting rest{w, p, "reset", std::string{"25"}, {.resume_at = result.resume()}};
    REQUIRE(w.until([&] { return rest.ended(); }));
    CHECK(rest.result().outcome == visit_outcome::completed);
    CHECK(rest.result().rows + result.rows == 80);
    CHECK(with_value(w, "25") == 80);
    w.stop(p, run);
    CHECK(run.failure().empty());
  }

  TEST_CASE("an input that is made anew aborts the visit, and the processor begins anew without it") {
    world w;
    w.create("orders", 2);
    processor p{slowly_resettable(w, 100ms)};
    const auto run = w.start(p, w.member("a"));
    fill(w, 400);
    REQUIRE(w.until([&] { return caught_up(w, p); }));
    const visiting visit{w, p, "reset", std::string{"25"}};
    w.threads.advance(1s);
    w.broker->remove_topic(topic_name{"orders"});
    w.threads.advance(3s);
    w.create("orders", 2);
    REQUIRE(w.until([&] { return visit.ended(); }, 5min));
    CHECK(visit.result().outcome == visit_outcome::aborted);
    INFO(visit.result().why);
    CHECK(visit.result().why.find("the processor begins anew") != std::string::npos);
    CHECK(visit.result().rows < 400);
    CHECK(with_value(w, "25") >= static_cast<std::ptrdiff_t>(visit.result().rows));

    w.write("orders", "zoe", "here");
    REQUIRE_MESSAGE(w.until([&] { return caught_up(w, p); }), test::story(w, p));
    const visiting rest{w, p, "reset", std::string{"25"}, {.resume_at = visit.result().resume()}};
    REQUIRE(w.until([&] { return rest.ended(); }));
    CHECK(rest.result().outcome == visit_outcome::completed);
    CHECK(with_value(w, "25") == 401);
    w.stop(p, run);
    CHECK(run.failure().empty());
  }

  TEST_CASE("a processor that fails aborts its visits") {
    world w;
    w.create("orders", 2);
    auto g = slowly_resettable(w, 100ms);
    g.use([](invocation& call) {
      if (call.kind() == call_kind::input && call.key() == "poison") throw std::runtime_error{"poisoned"};
    });
    processor p{g};
    const auto run = w.start(p, w.member("a"));
    fill(w, 40);
    REQUIRE(w.until([&] { return caught_up(w, p); }));
    const visiting visit{w, p, "reset", std::string{"25"}};
    w.threads.advance(500ms);
    w.write("orders", "poison", "x");
    REQUIRE(w.until([&] { return run.ended(); }));
    CHECK(run.failure().find("poisoned") != std::string::npos);
    REQUIRE(w.until([&] { return visit.ended(); }));
    CHECK(visit.result().outcome == visit_outcome::aborted);
    CHECK(visit.result().why.find("failed") != std::string::npos);
    CHECK(visit.result().rows > 0);
    CHECK(visit.result().resume().size() == 2);
  }

  TEST_CASE("a processor that is told twice to stop drops its visits; what was acknowledged counts") {
    world w;
    w.create("orders", 2);
    processor p{slowly_resettable(w, 1h)};
    const auto run = w.start(p, w.member("a"));
    fill(w, 10);
    REQUIRE(w.until([&] { return caught_up(w, p); }));
    const visiting visit{w, p, "reset", std::string{"25"}};
    w.threads.advance(1s);
    p.stop();
    p.stop();
    REQUIRE(w.until([&] { return run.ended() && visit.ended(); }, 1s));
    CHECK(visit.result().outcome == visit_outcome::aborted);
    CHECK(visit.result().rows == 0);
    CHECK(visit.result().resume().size() == 2);
  }
}

}  // namespace corka
