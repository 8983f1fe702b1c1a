#include "scenario/diaries.hpp"
#include "support/world.hpp"

#include "async/timer.hpp"

#include <corka/group.hpp>

#include <doctest/doctest.h>

#include <cstdint>
#include <optional>
#include <string>

namespace corka {

namespace {

using namespace std::chrono_literals;
using namespace test::diary;
using test::caught_up;
using test::world;

}  // namespace

TEST_SUITE("changes of joined rows, interrupted") {
  TEST_CASE("what changed while the group was down is called before its first record, each change once") {
    for (const auto kept : {world::copies::memory, world::copies::lmdb}) {
      // Also on a machine that has to read the table first.
      for (const std::string next : {"a", "b"}) {
        CAPTURE(next);
        world w{kept};
        make_topics(w, 2);
        processor p{diaries()};
        auto run = w.start(p, w.member("a"));
        REQUIRE(w.until([&] { return caught_up(w, p); }));
        w.write_all("profiles", users(300, "1"));
        REQUIRE_MESSAGE(w.until([&] { return caught_up(w, p); }), test::story(w, p));
        w.stop(p, run);
        w.write_all("profiles", users(300, "2"));
        w.write_all("profiles", users(100, "3"));
        w.write_all("clicks", users(300, "page"));
        run = w.start(p, w.member(next));
        REQUIRE_MESSAGE(w.until([&] { return caught_up(w, p); }), test::story(w, p));
        for (int i = 0; i < 300; ++i) {
          CAPTURE(i);
          REQUIRE(w.row(p, user(i)) == (i < 100 ? "[->1][1>2][2>3](3)" : "[->1][1>2](2)"));
        }
        w.stop(p, run);
        run = w.start(p, w.member(next));
        w.threads.advance(1s);
        REQUIRE(w.until([&] { return caught_up(w, p); }));
        CHECK(w.row(p, user(7)) == "[->1][1>2][2>3](3)");
        w.stop(p, run);
      }
    }
  }

  TEST_CASE("a group that joined the table already, without on_change, begins where its copy stands") {
    world w{world::copies::lmdb};
    make_topics(w, 1);
    w.write("profiles", "anna", "1");
    group<std::string> without{"diaries"};
    without.input(clicks, [](context<std::string>&, const std::string&) {}).join(profiles);
    processor before{without};
    auto run = w.start(before, w.member("a"));
    REQUIRE(w.until([&] { return caught_up(w, before); }));
    w.stop(before, run);
    w.write("profiles", "anna", "2");
    processor p{diaries()};
    run = w.start(p, w.member("a"));
    REQUIRE_MESSAGE(w.until([&] { return caught_up(w, p); }), test::story(w, p));
    CHECK(w.row(p, "anna") == "[1>2]");
    w.stop(p, run);
  }

  TEST_CASE("after a crash every change that was not acknowledged is called again, with the row that it changed") {
    for (const auto kept : {world::copies::memory, world::copies::lmdb}) {
      world w{kept};
      make_topics(w, 1);
      processor p{diaries()};
      auto run = w.start(p, w.member("a"));
      REQUIRE(w.until([&] { return caught_up(w, p); }));
      w.write("profiles", "anna", "1");
      REQUIRE_MESSAGE(w.until([&] { return caught_up(w, p); }), test::story(w, p));
      // Called, and nothing of it acknowledged.
      bool called = false;
      w.write_all("profiles", {{"anna", "2"}, {"bob", "1"}});
      REQUIRE(w.until([&] {
        if (w.row(p, "bob") == "[->1]" && !called) {
          called = true;
          w.broker->set_reachable(false);
        }
        return called;
      }));
      w.threads.advance(50ms);
      crash(w, p, run);
      w.broker->set_reachable(true);
      run = w.start(p, w.member("a"));
      REQUIRE_MESSAGE(w.until([&] { return caught_up(w, p); }), test::story(w, p));
      // The changelog may have had the write before the crash: then it is there twice.
      const auto anna = w.row(p, "anna");
      CHECK((anna == "[->1][1>2]" || anna == "[->1][1>2][1>2]"));
      const auto bob = w.row(p, "bob");
      CHECK((bob == "[->1]" || bob == "[->1][->1]"));
      w.stop(p, run);
    }
  }

  TEST_CASE("crashes at any moment lose no change, and each is called with what came before it") {
    for (int ms = 0; ms <= 120; ms += 5) {
      CAPTURE(ms);
      world w;
      make_topics(w, 2);
      processor p{diaries()};
      auto run = w.start(p, w.member("a"));
      REQUIRE(w.until([&] { return caught_up(w, p); }));
      for (const auto* value : {"1", "2", "3"}) w.write_all("profiles", users(20, value));
      w.threads.advance(std::chrono::milliseconds{ms});
      crash(w, p, run);
      run = w.start(p, w.member("a"));
      w.write_all("profiles", users(20, "4"));
      REQUIRE_MESSAGE(w.until([&] { return caught_up(w, p); }), test::story(w, p));
      for (int i = 0; i < 20; ++i) {
        const auto diary = w.row(p, user(i));
        CAPTURE(diary);
        for (const auto* change : {"[->1]", "[1>2]", "[2>3]", "[3>4]"})
          REQUIRE(diary.find(change) != std::string::npos);
        // Repeated, but never out of order.
        REQUIRE(diary.rfind("[3>4]") == diary.size() - 5);
      }
      w.stop(p, run);
    }
  }

  TEST_CASE("a clean stop repeats nothing, whatever was under way") {
    for (int ms = 0; ms <= 100; ms += 10) {
      CAPTURE(ms);
      world w;
      make_topics(w, 1);
      group<std::int64_t> g{"slow"};
      g.input(clicks, [](context<std::int64_t>&, const std::string&) {}).join(profiles);
      g.on_change(profiles, [&w](context<std::int64_t>& ctx, maybe, maybe) -> task<> {
        co_await async::sleep_for(w.threads.time(), 7ms);
        ctx.set(ctx.value().value_or(0) + 1);
      });
      processor p{g};
      auto run = w.start(p, w.member("a"));
      REQUIRE(w.until([&] { return caught_up(w, p); }));
      w.write_all("profiles", users(30, "1"));
      w.threads.advance(std::chrono::milliseconds{ms});
      w.stop(p, run);
      CHECK(run.failure().empty());
      run = w.start(p, w.member("b"));
      REQUIRE_MESSAGE(w.until([&] { return caught_up(w, p); }), test::story(w, p));
      for (int i = 0; i < 30; ++i) REQUIRE(w.row(p, user(i)) == "1");
      w.stop(p, run);
    }
  }

  TEST_CASE("a partition that moves takes its place among the changes along: none is lost, none is repeated") {
    world w;
    make_topics(w, 8);
    const auto chain = [](context<std::int64_t>& ctx, maybe old, maybe now) {
      // Each value follows the one before it, or a call has been lost or repeated.
      const auto last = ctx.value().value_or(0);
      if (std::stoll(old.value_or("0")) != last || std::stoll(*now) != last + 1) ctx.fail("broken chain");
      ctx.set(last + 1);
    };
    group<std::int64_t> g{"chains"};
    g.input(clicks, [](context<std::int64_t>&, const std::string&) {}).join(profiles).on_change(profiles, chain);
    processor a{g};
    processor b{g};
    const auto in_a = w.start(a, w.member("a"));
    REQUIRE(w.until([&] { return caught_up(w, a); }));
    test::running in_b;
    int round = 1;
    const auto write = [&](int rounds) {
      for (const auto last = round + rounds; round < last; ++round) {
        w.write_all("profiles", users(100, std::to_string(round)));
      }
    };
    write(3);
    in_b = w.start(b, w.member("b"));
    for (int i = 0; i < 20; ++i) write(1);
    REQUIRE_MESSAGE(w.until([&] { return caught_up(w, a) && caught_up(w, b); }), test::story(w, b));
    CHECK(a.status().partitions.size() == 4);
    CHECK(b.status().partitions.size() == 4);
    write(2);
    w.stop(b, in_b);
    write(2);
    REQUIRE_MESSAGE(w.until([&] { return caught_up(w, a) && a.status().partitions.size() == 8; }), test::story(w, a));
    for (int i = 0; i < 100; ++i) REQUIRE(w.row(a, user(i)) == std::to_string(round - 1));
    w.stop(a, in_a);
    CHECK(in_a.failure().empty());
    CHECK(in_b.failure().empty());
  }

  TEST_CASE("a table that was made anew is read anew without calls, and followed again") {
    world w;
    make_topics(w, 1);
    processor p{diaries()};
    const auto run = w.start(p, w.member("a"));
    REQUIRE(w.until([&] { return caught_up(w, p); }));
    w.write_all("profiles", users(20, "old"));
    REQUIRE_MESSAGE(w.until([&] { return caught_up(w, p); }), test::story(w, p));
    REQUIRE(w.broker->remove_topic(topic_name{"profiles"}));
    w.create("profiles", 1, {{"cleanup.policy", "compact"}});
    w.write_all("profiles", users(10, "new"));
    REQUIRE_MESSAGE(w.until([&] { return p.status().partitions.front().joins.front().recoveries == 2; }),
                    test::story(w, p));
    w.write("profiles", "user3", "newer");
    w.write("clicks", "user3", "page");
    w.write("clicks", "user15", "page");
    REQUIRE_MESSAGE(w.until([&] { return caught_up(w, p); }), test::story(w, p));
    CHECK(w.row(p, "user3").starts_with("[->old][new>newer]"));
    CHECK(w.row(p, "user15") == "[->old](-)");
    w.stop(p, run);
    CHECK(run.failure().empty());
  }

  TEST_CASE("a broker that goes away delays changes, and loses none") {
    world w;
    make_topics(w, 2);
    processor p{diaries()};
    const auto run = w.start(p, w.member("a"));
    REQUIRE(w.until([&] { return caught_up(w, p); }));
    w.write_all("profiles", users(50, "1"));
    w.broker->set_reachable(false);
    w.threads.advance(30s);
    w.broker->set_reachable(true);
    w.write_all("profiles", users(50, "2"));
    REQUIRE_MESSAGE(w.until([&] { return caught_up(w, p); }), test::story(w, p));
    for (int i = 0; i < 50; ++i) REQUIRE(w.row(p, user(i)) == "[->1][1>2]");
    w.stop(p, run);
    CHECK(run.failure().empty());
  }

  TEST_CASE("the copy on disk stays behind changes that are not done") {
    world w{world::copies::lmdb};
    make_topics(w, 1);
    group<std::string> g{"slow"};
    g.input(clicks, [](context<std::string>&, const std::string&) {}).join(profiles);
    g.on_change(profiles, [&w](context<std::string>&, maybe, maybe) -> task<> {
      co_await async::sleep_for(w.threads.time(), 5s);
    });
    processor p{g};
    const auto run = w.start(p, w.member("a"));
    REQUIRE(w.until([&] { return caught_up(w, p); }));
    w.write("profiles", "anna", "1");
    w.threads.advance(3s);
    CHECK(p.status().partitions.front().joins.front().rows == 0);
    CHECK(w.committed("slow", "profiles", 0) == 0);
    REQUIRE_MESSAGE(w.until([&] { return caught_up(w, p); }), test::story(w, p));
    REQUIRE(w.until([&] { return p.status().partitions.front().joins.front().rows == 1; }));
    w.stop(p, run);
  }

  TEST_CASE("a standby keeps no copy of a table whose changes are called; a take-over loses none") {
    world w;
    make_topics(w, 4);
    processor_options options;
    options.standby_replicas = 1;
    processor a{diaries(), options};
    processor b{diaries(), options};
    const auto in_a = w.start(a, w.member("a"));
    const auto in_b = w.start(b, w.member("b"));
    REQUIRE(w.until([&] { return caught_up(w, a) && caught_up(w, b) && !a.status().standbys.empty(); }));
    for (const auto& copy : a.status().standbys) CHECK(copy.topic == "diaries-table");
    w.write_all("profiles", users(40, "1"));
    w.threads.advance(20ms);
    b.stop();
    b.stop();
    REQUIRE(w.until([&] { return in_b.ended(); }));
    w.write_all("profiles", users(40, "2"));
    REQUIRE_MESSAGE(w.until([&] { return caught_up(w, a) && a.status().partitions.size() == 4; }), test::story(w, a));
    for (int i = 0; i < 40; ++i) {
      const auto diary = w.row(a, user(i));
      CAPTURE(diary);
      REQUIRE(diary.find("[->1]") != std::string::npos);
      REQUIRE(diary.ends_with("[1>2]"));
    }
    w.stop(a, in_a);
  }
}

}  // namespace corka
