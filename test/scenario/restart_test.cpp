#include "async/timer.hpp"
#include "counting.hpp"

#include <corka/error.hpp>
#include <corka/partitioner.hpp>

#include <doctest/doctest.h>

#include <cstdint>
#include <string>
#include <vector>

namespace corka {

namespace {

using namespace std::chrono_literals;
using namespace test::counting;
using test::caught_up;
using test::world;

}  // namespace

TEST_SUITE("restart") {
  TEST_CASE("after a clean stop counts go on exactly, and nothing is read again") {
    for (const auto kept : {world::copies::memory, world::copies::lmdb}) {
      world w{kept};
      w.create("clicks", 4);
      processor p{counters()};
      for (int round = 1; round <= 3; ++round) {
        const auto run = w.start(p, w.member("a"));
        write_some(w, 50, 10);
        REQUIRE_MESSAGE(w.until([&] { return caught_up(w, p); }), test::story(w, p));
        CHECK(recovered_records(p) == 0);
        CHECK(w.row(p, "user3") == std::to_string(5 * round));
        w.stop(p, run);
        CHECK(run.failure().empty());
      }
      CHECK(w.table("counters-table").at("user3") == "15");
    }
  }

  TEST_CASE("after a crash nothing is lost and at most the open interval is counted again") {
    world w;
    w.create("clicks", 4);
    processor p{counters()};
    auto run = w.start(p, w.member("a"));
    write_some(w, 50, 10);
    REQUIRE_MESSAGE(w.until([&] { return caught_up(w, p); }), test::story(w, p));
    write_some(w, 20, 10);
    w.threads.advance(20ms);
    p.stop();
    p.stop();  // drops what is under way, as a crash would
    REQUIRE(w.until([&] { return run.ended(); }));

    run = w.start(p, w.member("a"));
    REQUIRE_MESSAGE(w.until([&] { return caught_up(w, p); }), test::story(w, p));
    const auto count = std::stoll(w.row(p, "user3"));
    CHECK(count >= 7);
    CHECK(count <= 9);
    w.stop(p, run);
  }

  TEST_CASE("a new machine, without a local copy, reads the table from its changelog") {
    world w;
    w.create("clicks", 4);
    processor p{counters()};
    auto run = w.start(p, w.member("a"));
    write_some(w, 50, 10);
    REQUIRE_MESSAGE(w.until([&] { return caught_up(w, p); }), test::story(w, p));
    w.stop(p, run);

    run = w.start(p, w.member("b"));
    write_some(w, 10, 10);
    REQUIRE_MESSAGE(w.until([&] { return caught_up(w, p); }), test::story(w, p));
    CHECK(recovered_records(p) == 50);
    CHECK(w.row(p, "user3") == "6");
    w.stop(p, run);
  }

  TEST_CASE("a local copy of a table topic that was made anew is dropped, with a reason") {
    world w;
    w.create("clicks", 2);
    processor p{counters()};
    auto run = w.start(p, w.member("a"));
    write_some(w, 50, 10);
    REQUIRE_MESSAGE(w.until([&] { return caught_up(w, p); }), test::story(w, p));
    w.stop(p, run);

    REQUIRE(w.broker->remove_topic(topic_name{"counters-table"}));
    run = w.start(p, w.member("a"));
    write_some(w, 10, 10);
    REQUIRE_MESSAGE(w.until([&] { return caught_up(w, p); }), test::story(w, p));
    CHECK(w.row(p, "user3") == "1");
    CHECK(logged(w, "counters-table"));
    w.stop(p, run);
  }

  TEST_CASE("a stop before run makes the next run return; after it the processor runs again") {
    world w;
    w.create("clicks", 1);
    processor p{counters()};
    p.stop();
    const auto none = w.start(p, w.member("a"));
    REQUIRE(w.until([&] { return none.ended(); }));
    CHECK(none.failure().empty());
    const auto run = w.start(p, w.member("a"));
    write_some(w, 10, 10);
    REQUIRE_MESSAGE(w.until([&] { return caught_up(w, p); }), test::story(w, p));
    w.stop(p, run);
    p.stop();
  }

  TEST_CASE("one can await that a processor is ready, each of its states, and learns of its end") {
    world w;
    w.create("clicks", 2);
    processor p{counters()};
    processor q{counters()};
    processor surplus{counters()};
    const auto tell = [](const processor& of, std::string& into) -> task<> {
      try {
        co_await of.ready();
        into = "ready";
      } catch (const error& e) { into = e.what(); }
    };
    std::vector<processor_state> states;
    const auto watch = [](const processor& of, std::vector<processor_state>& into) -> task<> {
      for (auto now = processor_state::idle; into.size() < 4; into.push_back(now)) now = co_await of.state_after(now);
    };
    std::string said;
    w.threads.start(tell(p, said));
    w.threads.start(watch(p, states));
    w.threads.advance(1s);
    CHECK(said.empty());
    w.broker->set_reachable(false);
    auto run = w.start(p, w.member("a"));
    w.threads.advance(5s);
    CHECK(said.empty());
    w.broker->set_reachable(true);
    REQUIRE(w.until([&] { return !said.empty(); }));
    CHECK(said == "ready");
    CHECK(p.status().partitions.size() == 2);
    for (const auto& s : p.status().partitions) CHECK(s.state == partition_state::running);
    // With as many members as partitions, and one more, which waits for somebody to leave.
    std::string second;
    std::string third;
    const auto with = w.start(q, w.member("b"));
    w.threads.start(tell(q, second));
    REQUIRE(w.until([&] { return second == "ready"; }));
    const auto beside = w.start(surplus, w.member("c"));
    w.threads.start(tell(surplus, third));
    w.threads.advance(10s);
    CHECK(third.empty());
    w.stop(q, with);
    REQUIRE(w.until([&] { return third == "ready"; }));
    CHECK(surplus.status().partitions.size() == 1);
    w.stop(surplus, beside);

    w.stop(p, run);
    w.threads.settle();
    using enum processor_state;
    CHECK(states == std::vector{starting, running, stopping, idle});
    // Stopped before it is ready.
    said.clear();
    w.threads.start(tell(p, said));
    w.broker->set_reachable(false);
    run = w.start(p, w.member("a"));
    w.threads.advance(1s);
    CHECK(said.empty());
    w.stop(p, run);
    w.threads.settle();
    CHECK(said.find("group 'counters' has ended: run it again") != std::string::npos);
    w.broker->set_reachable(true);
  }

  TEST_CASE("who asks for a row of a partition that has ended, its local copy closed, is told to try again") {
    for (const auto kept : {world::copies::memory, world::copies::lmdb}) {
      world w{kept};
      w.create("clicks", 2);
      group<std::int64_t> g{"counters"};
      g.input(clicks, [&w](context<std::int64_t>& ctx, std::string page) -> task<> {
        ctx.set(ctx.value().value_or(0) + 1);
        if (page == "slow") co_await async::sleep_for(w.threads.time(), 1h);
      });
      processor p{g, {.revoke_deadline = 8s, .store_linger = 0ms}};
      auto run = w.start(p, w.member("a"));
      write_some(w, 50, 10);
      REQUIRE_MESSAGE(w.until([&] { return caught_up(w, p); }), test::story(w, p));
      w.stop(p, run);
      // After a start rows are in the local copy only.
      run = w.start(p, w.member("a"));
      REQUIRE_MESSAGE(w.until([&] { return caught_up(w, p) && p.status().partitions.size() == 2; }), test::story(w, p));
      const auto partition = [](const std::string& key) { return partition_of(key, 2, partitioner::fnv1a); };
      const std::string busy = "user0";
      std::string idle = "user1";
      for (int i = 1; partition(idle) == partition(busy); ++i) idle = "user" + std::to_string(i);
      REQUIRE(p.row_at_once(idle));
      w.write("clicks", busy, "slow");
      w.threads.advance(1s);

      // One partition has ended, the session waits for the other's callback.
      p.stop();
      w.threads.advance(4s);
      REQUIRE_FALSE(run.ended());
      CHECK_FALSE(p.row_at_once(idle));
      CHECK(w.row(p, idle) == "(" + make_error_code(errc::not_recovered).message() + ")");
      const auto page = w.threads.run(p.rows({}, 100));
      CHECK(page.partitions == std::vector{partition(busy)});
      REQUIRE(w.until([&] { return run.ended(); }));
      CHECK(run.failure().empty());
    }
  }

  TEST_CASE("a broker that goes away is a state, not an error") {
    world w;
    w.create("clicks", 4);
    processor p{counters()};
    const auto run = w.start(p, w.member("a"));
    write_some(w, 50, 10);
    REQUIRE_MESSAGE(w.until([&] { return caught_up(w, p); }), test::story(w, p));
    w.broker->set_reachable(false);
    w.threads.advance(30s);
    CHECK_FALSE(run.ended());
    CHECK_FALSE(p.status().connected);
    w.broker->set_reachable(true);
    write_some(w, 50, 10);
    REQUIRE(w.until([&] { return caught_up(w, p) && w.row(p, "user3") == "10"; }));
    CHECK(p.status().connected);
    w.stop(p, run);
    CHECK(run.failure().empty());
  }

  TEST_CASE("a processor waits for a broker that is away at its start") {
    world w;
    w.create("clicks", 1);
    w.broker->set_reachable(false);
    processor p{counters()};
    const auto run = w.start(p, w.member("a"));
    w.threads.advance(20s);
    CHECK_FALSE(run.ended());
    w.broker->set_reachable(true);
    write_some(w, 10, 10);
    REQUIRE_MESSAGE(w.until([&] { return caught_up(w, p); }), test::story(w, p));
    w.stop(p, run);
  }
}

}  // namespace corka
