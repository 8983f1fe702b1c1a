// Topics that are missing, other than needed, or change while a processor runs.
#include "async/timer.hpp"
#include "counting.hpp"

#include <corka/topics.hpp>

#include <doctest/doctest.h>

#include <cstdint>
#include <string>
#include <string_view>

namespace corka {

namespace {

using namespace std::chrono_literals;
using namespace test::counting;
using test::caught_up;
using test::running;
using test::story;
using test::world;

const stream<std::string> alerts{"alerts"};

group<> forwarders() {
  group<> g{"forwarders"};
  g.input(clicks, [](context<void>& ctx, const std::string& page) { ctx.emit(alerts, ctx.key(), page); });
  g.output(alerts);
  return g;
}

/// What `t` throws, or nothing.
std::string failure_of(world& w, task<> t) {
  try {
    w.threads.run(std::move(t));
  } catch (const error& e) { return e.what(); }
  return {};
}

}  // namespace

TEST_SUITE("start of a new group") {
  TEST_CASE("from the first record by default, from the end or from a time where the group asks") {
    // Of 100 records two hours ago, 30 one hour ago, and 5 from now on.
    for (const std::int64_t counted : {135, 35, 5}) {
      CAPTURE(counted);
      world w;
      w.create("clicks", 4);
      write_some(w, 100);
      w.threads.advance(1h);
      // Finer than Kafka's times, and after those of the 100.
      const std::chrono::sys_time<std::chrono::nanoseconds> then{
          std::chrono::milliseconds{w.threads.time().wall_ms() - 60'000} + 1ns};
      write_some(w, 30);
      w.threads.advance(1h);
      processor_options options;
      if (counted == 35) options.start = start_position::at(then);
      if (counted == 5) options.start = start_position::latest();
      processor p{counters(), options};
      const auto run = w.start(p, w.member("a"));
      REQUIRE_MESSAGE(w.until([&] { return caught_up(w, p); }), story(w, p));
      write_some(w, 5);
      REQUIRE_MESSAGE(w.until([&] { return caught_up(w, p); }), story(w, p));
      CHECK(total(w) == counted);
      w.stop(p, run);
    }
  }

  TEST_CASE("a group that began at the end goes on from there, also if it ended before it had done anything") {
    world w;
    w.create("clicks", 1);
    write_some(w, 10);
    {
      processor p{counters(), {.start = start_position::latest()}};
      const auto run = w.start(p, w.member("a"));
      REQUIRE(w.until([&] { return w.committed("counters", "clicks", 0) == 10; }));
      p.stop();
      p.stop();
      REQUIRE(w.until([&] { return run.ended(); }));
    }
    write_some(w, 7);
    processor p{counters(), {.start = start_position::latest()}};
    const auto run = w.start(p, w.member("a"));
    REQUIRE(w.until([&] { return caught_up(w, p) && w.committed("counters", "clicks", 0) == 17; }));
    CHECK(total(w) == 7);
    w.stop(p, run);
  }

  TEST_CASE("a loop is read from its beginning: it holds the group's own unfinished work") {
    world w;
    w.create("clicks", 1);
    w.create("counters-loop", 1);
    w.write("counters-loop", "user", "5");
    group<std::int64_t> g{"counters"};
    g.input(clicks, [](context<std::int64_t>& ctx, std::string) { ctx.set(1); });
    g.loop<std::int64_t>([](context<std::int64_t>& ctx, std::int64_t v) { ctx.set(v); });
    processor p{g, {.start = start_position::latest()}};
    const auto run = w.start(p, w.member("a"));
    REQUIRE(w.until([&] { return w.row(p, "user") == "5"; }));
    w.stop(p, run);
  }
}

TEST_SUITE("topics") {
  TEST_CASE("ensure_topics makes what is missing, and says how the rest differs, as it was asked to") {
    world w;
    w.create("clicks", 4);
    auto& on = w.member("a").on();
    const std::vector<topic_spec> wanted{
        {.topic = topic_name{"clicks"}, .partitions = 8, .retention = 1h},
        {.topic = topic_name{"users"}, .partitions = 2, .compacted = true, .config = {{"segment.ms", "60000"}}}};
    CHECK(failure_of(w, ensure_topics(on, wanted, topic_mismatch::ignore)).empty());
    CHECK_FALSE(logged(w, "clicks"));
    CHECK(failure_of(w, ensure_topics(on, wanted)).empty());
    CHECK(logged(w, "topic 'clicks' has 4 partitions, not 8"));
    CHECK(logged(w, "topic 'clicks' has retention.ms=604800000, not 3600000: alter it"));
    CHECK_FALSE(logged(w, "topic 'users' has"));
    const auto why = failure_of(w, ensure_topics(on, wanted, topic_mismatch::fail));
    CHECK(why.find("topic 'clicks' has 4 partitions, not 8") != std::string::npos);
    // What was made is as it should be.
    const std::vector<topic_spec> users{wanted[1]};
    CHECK(failure_of(w, ensure_topics(on, users, topic_mismatch::fail)).empty());
    CHECK(failure_of(w, ensure_topics(on, {{.topic = topic_name{"no/slash"}}})).find("no/slash") != std::string::npos);
  }

  TEST_CASE("ensure_topics waits for a cluster that is away") {
    world w;
    w.broker->set_reachable(false);
    auto& on = w.member("a").on();
    CHECK(failure_of(w, ensure_topics(on, {{.topic = topic_name{"clicks"}}}, topic_mismatch::warn, 1s)).find("away") !=
          std::string::npos);
    bool done = false;
    auto ensure = [](runtime& r, bool& ended) -> task<> {
      std::vector<topic_spec> one{{.topic = topic_name{"clicks"}}};
      co_await ensure_topics(r, std::move(one));
      ended = true;
    };
    w.threads.start(ensure(on, done));
    w.threads.advance(3s);
    w.broker->set_reachable(true);
    CHECK(w.until([&] { return done; }));
    write_some(w, 1);
  }

  TEST_CASE("a table topic that is not compacted is a warning, or an error by option") {
    world w;
    w.create("clicks", 2);
    w.create("counters-table", 2);
    {
      processor p{counters()};
      const auto run = w.start(p, w.member("a"));
      write_some(w, 5);
      REQUIRE(w.until([&] { return caught_up(w, p); }));
      CHECK(logged(w, "table topic 'counters-table' has cleanup.policy=delete"));
      w.stop(p, run);
      CHECK(run.failure().empty());
    }
    processor p{counters(), {.on_mismatch = topic_mismatch::fail}};
    const auto run = w.start(p, w.member("a"));
    REQUIRE(w.until([&] { return run.ended(); }));
    CHECK(run.failure().find("set cleanup.policy=compact on it") != std::string::npos);
  }

  TEST_CASE("an input that grows beneath a group with rows is a problem in the status, and the rest goes on") {
    world w;
    w.create("clicks", 2);
    processor p{counters(), {.topic_check_interval = 5s}};
    const auto run = w.start(p, w.member("a"));
    write_some(w, 20);
    REQUIRE(w.until([&] { return caught_up(w, p); }));
    w.broker->grow_topic(topic_name{"clicks"}, 3);
    REQUIRE(w.until([&] { return !p.status().problems.empty(); }, 6s));
    CHECK(p.status().problems[0].find("input 'clicks' has grown from 2 to 3 partitions") == 0);
    CHECK(logged(w, "input 'clicks' has grown from 2 to 3 partitions"));
    CHECK(p.status().partitions.size() == 2);
    w.write("clicks", "a", "page");
    REQUIRE(w.until([&] { return caught_up(w, p); }));
    // A number that was never begun can be given back.
    processor q{counters()};
    const auto other = w.start(q, w.member("b"));
    REQUIRE(w.until([&] { return other.ended(); }));
    CHECK(other.failure().find("input 'clicks' has 3, table 'counters-table' has 2") != std::string::npos);
    w.stop(p, run);
    CHECK(run.failure().empty());
  }

  TEST_CASE("a group without rows follows its input's growth") {
    world w;
    w.create("clicks", 2);
    w.create("alerts", 1);
    processor p{forwarders(), {.topic_check_interval = 5s}};
    const auto run = w.start(p, w.member("a"));
    write_some(w, 20);
    REQUIRE(w.until([&] { return caught_up(w, p); }));
    w.broker->grow_topic(topic_name{"clicks"}, 4);
    REQUIRE_MESSAGE(w.until([&] { return p.status().partitions.size() == 4; }, 30s), story(w, p));
    write_some(w, 20);
    REQUIRE(w.until([&] { return caught_up(w, p) && w.records("alerts").size() == 40; }));
    w.stop(p, run);
    CHECK(run.failure().empty());
  }

  TEST_CASE("an input that is deleted and made again is read from its beginning, and rows are kept") {
    world w;
    w.create("clicks", 2);
    processor p{counters()};
    const auto run = w.start(p, w.member("a"));
    write_some(w, 20);
    REQUIRE(w.until([&] { return caught_up(w, p); }));
    w.broker->remove_topic(topic_name{"clicks"});
    w.threads.advance(3s);
    w.create("clicks", 2);
    write_some(w, 30);
    REQUIRE_MESSAGE(w.until([&] { return caught_up(w, p) && total(w) == 50; }), story(w, p));
    CHECK(w.row(p, "user3") == "2");
    CHECK(logged(w, "beginning anew with the topics as they are"));
    w.stop(p, run);
    CHECK(run.failure().empty());
  }

  TEST_CASE("a table topic that is deleted and made again takes the local copy with it, and says so") {
    world w{world::copies::lmdb};
    w.create("clicks", 2);
    processor p{counters()};
    const auto run = w.start(p, w.member("a"));
    write_some(w, 20);
    REQUIRE(w.until([&] { return caught_up(w, p); }));
    w.broker->remove_topic(topic_name{"counters-table"});
    w.create("counters-table", 2, {{"cleanup.policy", "compact"}});
    write_some(w, 20);
    REQUIRE_MESSAGE(w.until([&] { return caught_up(w, p) && total(w) > 0; }), story(w, p));
    CHECK(w.row(p, "user3") == "1");
    CHECK(logged(w, "was deleted and made again"));
    w.stop(p, run);
    CHECK(run.failure().empty());
  }

  TEST_CASE("an input that is deleted and stays away ends the processor, with what to do") {
    world w;
    w.create("clicks", 2);
    processor p{counters()};
    const auto run = w.start(p, w.member("a"));
    write_some(w, 20);
    REQUIRE(w.until([&] { return caught_up(w, p); }));
    w.broker->remove_topic(topic_name{"clicks"});
    REQUIRE(w.until([&] { return run.ended(); }, 5min));
    CHECK(run.failure().find("the cluster does not have input 'clicks'") != std::string::npos);
  }
}

TEST_SUITE("interruptions") {
  TEST_CASE("retention that overtakes a lagging input costs what it deleted, with a count, and no more") {
    world w;
    w.create("clicks", 1, {{"retention.ms", "60000"}, {"segment.bytes", "65536"}});
    const std::string page(1'000, 'x');
    const auto write_many = [&] {
      std::vector<std::pair<std::string, std::string>> records;
      for (int i = 0; i < 500; ++i) records.emplace_back("user" + std::to_string(i % 7), page);
      w.write_all("clicks", records);
    };
    group<std::int64_t> g{"counters"};
    bool slow = true;
    g.input(clicks, [&slow, &w](context<std::int64_t>& ctx, std::string) -> task<> {
      const auto before = ctx.value().value_or(0);
      while (slow) co_await async::sleep_for(w.threads.time(), 1s);
      ctx.set(before + 1);
    });
    processor p{g, {.batch_records = 10}};
    const auto run = w.start(p, w.member("a"));
    write_many();
    w.threads.advance(2min);
    write_many();
    w.broker->maintain(true);
    slow = false;
    REQUIRE_MESSAGE(w.until([&] { return caught_up(w, p); }), story(w, p));
    CHECK(logged(w, "records are lost: reading on from"));
    CHECK(p.status().partitions.at(0).rewinds == 1);
    CHECK(total(w) >= 500);
    CHECK(total(w) < 1'000);
    w.stop(p, run);
    CHECK(run.failure().empty());
  }

  TEST_CASE("a delivery that times out takes its partition back to the last commit, and nobody else's") {
    for (const auto* topic : {"counters-table", "alerts"}) {
      CAPTURE(topic);
      world w;
      w.create("clicks", 4);
      w.create("alerts", 4);
      group<std::int64_t> g{"counters"};
      g.input(clicks, [](context<std::int64_t>& ctx, const std::string& page) {
        ctx.set(ctx.value().value_or(0) + 1);
        ctx.emit(alerts, ctx.key(), page);
      });
      g.output(alerts);
      processor p{g};
      const auto run = w.start(p, w.member("a"));
      write_some(w, 50);
      REQUIRE(w.until([&] { return caught_up(w, p); }));
      w.broker->time_out_deliveries(topic_name{topic}, 1);
      write_some(w, 50);
      REQUIRE_MESSAGE(w.until([&] { return caught_up(w, p); }), story(w, p));
      std::uint64_t rewinds = 0;
      for (const auto& s : p.status().partitions) rewinds += s.rewinds;
      CHECK(rewinds == 1);
      CHECK(logged(w, "goes back to its last commit and begins again"));
      // Every record counts; those of the partition that was taken back may count twice.
      for (int i = 0; i < 50; ++i) CHECK(std::stoi(w.row(p, "user" + std::to_string(i))) >= 2);
      w.stop(p, run);
      CHECK(run.failure().empty());
    }
  }

  TEST_CASE("a delivery that times out does so too where the callback awaits it, unless that deals with it") {
    for (const bool deals_with_it : {false, true}) {
      for (const std::size_t concurrency : {1, 8}) {
        for (const std::size_t attempts : {1, 3}) {
          CAPTURE(deals_with_it);
          CAPTURE(concurrency);
          CAPTURE(attempts);
          world w;
          w.create("clicks", 4);
          w.create("alerts", 4);
          int dealt_with = 0;
          group<std::int64_t> g{"counters"};
          const auto count = [&, deals_with_it](context<std::int64_t>& ctx, std::string page) -> task<> {
            ctx.set(ctx.value().value_or(0) + 1);
            try {
              (void)co_await ctx.emit(alerts, ctx.key(), page).acked();
            } catch (const error& e) {
              if (!deals_with_it) throw;
              ++dealt_with;
              CHECK(e.kind() == errc::delivery_failed);
            }
          };
          g.input(clicks, count, {.concurrency = concurrency}).output(alerts);
          g.on_failure({.callback = {.attempts = attempts}});
          processor p{g};
          const auto run = w.start(p, w.member("a"));
          write_some(w, 50);
          REQUIRE(w.until([&] { return caught_up(w, p); }));
          w.broker->time_out_deliveries(topic_name{"alerts"}, 1);
          write_some(w, 50);
          REQUIRE_MESSAGE(w.until([&] { return caught_up(w, p); }), story(w, p));
          std::uint64_t rewinds = 0;
          for (const auto& s : p.status().partitions) {
            rewinds += s.rewinds;
            CHECK(s.failures.failed == 0);
            CHECK(s.state == partition_state::running);
          }
          CHECK(rewinds == (deals_with_it ? 0 : 1));
          CHECK((dealt_with > 0) == deals_with_it);
          for (int i = 0; i < 50; ++i) CHECK(std::stoi(w.row(p, "user" + std::to_string(i))) >= 2);
          w.stop(p, run);
          CHECK(run.failure().empty());
        }
      }
    }
  }

  TEST_CASE("a processor can be stopped while a partition waits to begin again") {
    world w;
    w.create("clicks", 1);
    processor p{counters()};
    const auto run = w.start(p, w.member("a"));
    write_some(w, 5);
    REQUIRE(w.until([&] { return caught_up(w, p); }));
    w.broker->time_out_deliveries(topic_name{"counters-table"}, 1);
    write_some(w, 5);
    REQUIRE(w.until([&] { return logged(w, "goes back to its last commit"); }));
    w.broker->set_reachable(false);
    w.threads.advance(2s);
    const auto asked = w.threads.time().now();
    w.stop(p, run);
    CHECK(w.threads.time().now() - asked < 15s);
    CHECK(run.failure().empty());
  }
}

}  // namespace corka
