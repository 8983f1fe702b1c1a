// Copies of partitions that other members hold, and copies made before the group is joined.
#include "counting.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <cstdint>
#include <list>
#include <set>
#include <string>

namespace corka {

namespace {

using namespace std::chrono_literals;
using namespace test::counting;
using test::caught_up;
using test::running;
using test::story;
using test::world;

const table<std::string> names{"names"};

group<std::int64_t> joining_counters() {
  auto g = counters();
  g.join(names);
  return g;
}

std::size_t active(const processor& p) { return p.status().partitions.size(); }

/// Copies that have everything; of own and joined tables.
std::size_t current_standbys(const processor& p) {
  std::size_t n = 0;
  for (const auto& s : p.status().standbys) n += s.state == copy_state::following && s.lag == 0 ? 1U : 0U;
  return n;
}

std::string standby_row(world& w, const processor& p, const std::string& key,
                        row_source from = row_source::standby_as_well) {
  try {
    const auto found = w.threads.run(p.row(key, from));
    return found.bytes.value_or("(none)") + (found.standby ? " standby" : "") + (found.recovering ? " recovering" : "");
  } catch (const error& e) { return "(" + e.code().message() + ")"; }
}

}  // namespace

TEST_SUITE("standby") {
  TEST_CASE("two members keep each other's partitions current, own table and join, and say whose rows they are") {
    world w;
    w.create("clicks", 2);
    w.create("names", 2, {{"cleanup.policy", "compact"}});
    processor p{joining_counters(), {.standby_replicas = 1}};
    processor q{joining_counters(), {.standby_replicas = 1}};
    const auto first = w.start(p, w.member("a"));
    const auto second = w.start(q, w.member("b"));
    REQUIRE_MESSAGE(w.until([&] { return active(p) == 1 && active(q) == 1; }), story(w, p));
    w.write("names", "user1", "Ann");
    write_some(w, 20);
    REQUIRE_MESSAGE(w.until([&] { return current_standbys(p) == 2 && current_standbys(q) == 2; }), story(w, p));
    int here = 0;
    for (int i = 0; i < 20; ++i) {
      const auto key = "user" + std::to_string(i);
      const auto at_p = standby_row(w, p, key);
      const auto at_q = standby_row(w, q, key);
      CHECK(((at_p == "1" && at_q == "1 standby") || (at_p == "1 standby" && at_q == "1")));
      here += at_p == "1" ? 1 : 0;
      // Who does not ask for it is not given what may be old.
      CHECK((w.row(p, key) == "1") != (w.row(q, key) == "1"));
    }
    CHECK(here > 0);
    CHECK(here < 20);
    w.stop(q, second);
    w.stop(p, first);
    CHECK(first.failure().empty());
    CHECK(second.failure().empty());
  }

  TEST_CASE("a copy that is still being read gives its rows to who accepts any copy, and says so") {
    world w{world::copies::lmdb};
    w.create("clicks", 2);
    processor p{counters(), {.standby_replicas = 1}};
    processor q{counters(), {.standby_replicas = 1}};
    const auto first = w.start(p, w.member("a"));
    auto second = w.start(q, w.member("b"));
    REQUIRE(w.until([&] { return active(p) == 1 && active(q) == 1; }));
    write_some(w, 20);
    REQUIRE(w.until([&] { return current_standbys(p) == 1 && current_standbys(q) == 1; }));
    w.stop(q, second);
    REQUIRE(w.until([&] { return active(p) == 2 && caught_up(w, p); }));
    write_some(w, 20);
    REQUIRE(w.until([&] { return caught_up(w, p); }));
    // What q knows of the partitions that it does not get is from before, and stays so.
    w.broker->set_reachable("counters-standby", false);
    second = w.start(q, w.member("b"));
    REQUIRE(w.until([&] { return active(q) == 1 && caught_up(w, q) && !q.status().standbys.empty(); }));
    REQUIRE(w.until([&] { return standby_row(w, q, "user1", row_source::any_copy).front() != '('; }));
    int old = 0;
    for (int i = 0; i < 20; ++i) {
      const auto key = "user" + std::to_string(i);
      if (w.row(q, key) == "2") continue;
      ++old;
      CHECK(standby_row(w, q, key, row_source::any_copy) == "1 standby recovering");
      CHECK(standby_row(w, q, key).front() == '(');
    }
    CHECK(old > 0);
    w.broker->set_reachable("counters-standby", true);
    REQUIRE(w.until([&] { return current_standbys(q) == 1; }));
    for (int i = 0; i < 20; ++i)
      CHECK(standby_row(w, q, "user" + std::to_string(i), row_source::any_copy).front() == '2');
    w.stop(q, second);
    w.stop(p, first);
  }

  TEST_CASE("a standby that takes over reads the changelog's tail only, and counts go on exactly") {
    world w{world::copies::lmdb};
    w.create("clicks", 4);
    processor p{counters(), {.standby_replicas = 1}};
    processor q{counters(), {.standby_replicas = 1}};
    const auto first = w.start(p, w.member("a"));
    const auto second = w.start(q, w.member("b"));
    REQUIRE(w.until([&] { return active(p) == 2 && active(q) == 2; }));
    write_some(w, 200);
    REQUIRE_MESSAGE(w.until([&] { return current_standbys(q) == 2 && caught_up(w, p) && caught_up(w, q); }),
                    story(w, q));
    w.stop(p, first);
    REQUIRE_MESSAGE(w.until([&] { return active(q) == 4 && caught_up(w, q); }), story(w, q));
    CHECK(recovered_records(q) == 0);
    CHECK(q.status().standbys.empty());
    for (int i = 0; i < 200; ++i) CHECK(w.row(q, "user" + std::to_string(i)) == "1");
    write_some(w, 200);
    REQUIRE(w.until([&] { return caught_up(w, q); }));
    for (int i = 0; i < 200; ++i) CHECK(w.row(q, "user" + std::to_string(i)) == "2");
    w.stop(q, second);
    CHECK(second.failure().empty());
  }

  TEST_CASE("as many copies as asked for, over five members, moved as they come and go") {
    world w;
    w.create("clicks", 20);
    std::list<processor> members;
    std::list<running> runs;
    const auto settled = [&](std::size_t replicas) {
      std::size_t held = 0;
      std::size_t copies = 0;
      for (const auto& m : members) {
        held += active(m);
        copies += current_standbys(m);
      }
      return held == 20 && copies == 20 * replicas;
    };
    for (int i = 0; i < 5; ++i) {
      members.emplace_back(counters(), processor_options{.standby_replicas = 2});
      runs.push_back(w.start(members.back(), w.member("m" + std::to_string(i))));
      write_some(w, 50);
      REQUIRE_MESSAGE(w.until([&] { return settled(std::min<std::size_t>(2, members.size() - 1)); }),
                      story(w, members.back()));
    }
    // Five share 40 copies; what is not a member's any more is let go.
    CHECK(w.until(
        [&] { return std::ranges::all_of(members, [](const auto& m) { return m.status().standbys.size() <= 8; }); }));
    w.stop(members.front(), runs.front());
    members.pop_front();
    runs.pop_front();
    REQUIRE_MESSAGE(w.until([&] { return settled(2); }), story(w, members.back()));
    for (auto& m : members) {
      w.stop(m, runs.front());
      CHECK(runs.front().failure().empty());
      runs.pop_front();
    }
  }

  TEST_CASE("recover_ahead: both members have every partition before they join, and keep what they are given") {
    world w;
    w.create("clicks", 4);
    {
      processor p{counters()};
      const auto run = w.start(p, w.member("old"));
      write_some(w, 100);
      REQUIRE(w.until([&] { return caught_up(w, p); }));
      w.stop(p, run);
    }
    processor p{counters(), {.recover_ahead = true}};
    const auto run = w.start(p, w.member("a"));
    REQUIRE(w.until([&] { return p.status().standbys.size() == 4 || active(p) > 0; }));
    REQUIRE_MESSAGE(w.until([&] { return active(p) == 4 && caught_up(w, p); }), story(w, p));
    CHECK(recovered_records(p) == 0);
    CHECK(w.row(p, "user7") == "1");
    processor q{counters(), {.recover_ahead = true}};
    const auto other = w.start(q, w.member("b"));
    REQUIRE_MESSAGE(w.until([&] { return active(p) == 2 && active(q) == 2; }), story(w, q));
    CHECK(recovered_records(q) <= 4);
    // Without standby_replicas what it was not given is let go.
    REQUIRE(w.until([&] { return q.status().standbys.empty(); }, 30s));
    w.stop(q, other);
    w.stop(p, run);
    CHECK(run.failure().empty());
    CHECK(other.failure().empty());
  }

  TEST_CASE("a processor that recovers ahead can be stopped while the broker is away") {
    world w;
    w.create("clicks", 4);
    {
      processor p{counters()};
      const auto run = w.start(p, w.member("old"));
      write_some(w, 100);
      REQUIRE(w.until([&] { return caught_up(w, p); }));
      w.stop(p, run);
    }
    processor p{counters(), {.recover_ahead = true}};
    const auto run = w.start(p, w.member("a"));
    w.broker->set_reachable(false);
    w.threads.advance(3s);
    CHECK(active(p) == 0);
    w.stop(p, run);
    CHECK(run.failure().empty());
  }

  TEST_CASE("partitions are shared 20/0, 10/10, 20/0, each with a copy beside, while records flow") {
    world w;
    w.create("clicks", 20);
    processor p{counters(), {.standby_replicas = 1}};
    processor q{counters(), {.standby_replicas = 1}};
    const auto first = w.start(p, w.member("a"));
    const auto flow = [&](auto done) {
      return w.until([&] {
        if (done()) return true;
        write_some(w, 3);
        return false;
      });
    };
    REQUIRE(flow([&] { return active(p) == 20 && p.status().standbys.empty(); }));
    const auto second = w.start(q, w.member("b"));
    const auto shared = [&] {
      return active(p) == 10 && active(q) == 10 && p.status().standbys.size() == 10 && q.status().standbys.size() == 10;
    };
    REQUIRE_MESSAGE(flow(shared), story(w, q));
    w.stop(p, first);
    REQUIRE_MESSAGE(flow([&] { return active(q) == 20 && q.status().standbys.empty(); }), story(w, q));
    REQUIRE(w.until([&] { return caught_up(w, q); }));
    w.stop(q, second);
    CHECK(first.failure().empty());
    CHECK(second.failure().empty());
  }
}

}  // namespace corka
