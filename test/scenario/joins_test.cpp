#include "support/world.hpp"

#include "async/timer.hpp"
#include "kafka/embedded/catalog.hpp"
#include "kafka/embedded/topic.hpp"

#include <corka/group.hpp>

#include <doctest/doctest.h>

#include <cstdint>
#include <set>
#include <string>
#include <vector>

namespace corka {

namespace {

using namespace std::chrono_literals;
using test::caught_up;
using test::world;

const stream<std::string> clicks{"clicks"};
const stream<std::string> greetings{"greetings"};
const table<std::string> profiles{"profiles"};

/// Remembers for each key the joined row of its last click, and emits it.
group<std::string> greeters() {
  group<std::string> g{"greeters"};
  g.input(clicks, [](context<std::string>& ctx, std::string) {
    const auto who = ctx.join(profiles).value_or("nobody");
    ctx.set(who);
    ctx.emit(greetings, ctx.key(), who);
  });
  g.join(profiles).output(greetings);
  return g;
}

void make_topics(world& w, std::int32_t partitions) {
  w.create("clicks", partitions);
  w.create("greetings", 1);
  w.create("profiles", partitions, {{"cleanup.policy", "compact"}});
}

/// The joined tables of this process's partitions have everything that is in the topic.
bool joins_caught_up(const world& w, const processor& p) {
  const auto status = p.status();
  if (status.partitions.empty()) return false;
  for (const auto& s : status.partitions) {
    for (const auto& j : s.joins) {
      const auto topic = w.broker->topics().find(topic_name{j.topic});
      if (!topic || j.position != topic->at(partition_id{s.partition}).log().range().high) return false;
    }
  }
  return true;
}

std::uint64_t join_rows(const processor& p) {
  std::uint64_t sum = 0;
  for (const auto& s : p.status().partitions) {
    for (const auto& j : s.joins) sum += j.rows;
  }
  return sum;
}

std::uint64_t join_records_read(const processor& p) {
  std::uint64_t sum = 0;
  for (const auto& s : p.status().partitions) {
    for (const auto& j : s.joins) sum += j.recovery ? j.recovery->records : 0;
  }
  return sum;
}

std::string user(int i) { return "user" + std::to_string(i); }

std::vector<std::pair<std::string, std::string>> users(int n, const std::string& value) {
  std::vector<std::pair<std::string, std::string>> all;
  for (int i = 0; i < n; ++i) all.emplace_back(user(i), value);
  return all;
}

std::string said(world& w, const std::string& key) {
  std::string last = "(nothing)";
  for (const auto& r : w.records("greetings")) {
    if (r.key == key) last = r.value.value_or("(none)");
  }
  return last;
}

}  // namespace

TEST_SUITE("joins") {
  TEST_CASE("the joined table is there before the first callback") {
    for (const auto kept : {world::copies::memory, world::copies::lmdb}) {
      world w{kept};
      make_topics(w, 4);
      w.write_all("profiles", users(300, "old"));
      w.write_all("profiles", users(300, "known"));
      w.write_all("clicks", users(300, "page"));
      processor p{greeters()};
      const auto run = w.start(p, w.member("a"));
      REQUIRE_MESSAGE(w.until([&] { return caught_up(w, p); }), test::story(w, p));
      const auto out = w.records("greetings");
      REQUIRE(out.size() == 300);
      for (const auto& r : out) CHECK(r.value == "known");
      w.stop(p, run);
      CHECK(run.failure().empty());
    }
  }

  TEST_CASE("a joined row follows its table, erasures included") {
    for (const auto kept : {world::copies::memory, world::copies::lmdb}) {
      world w{kept};
      make_topics(w, 2);
      processor p{greeters()};
      const auto run = w.start(p, w.member("a"));
      const auto click = [&] {
        REQUIRE_MESSAGE(w.until([&] { return joins_caught_up(w, p); }), test::story(w, p));
        w.write("clicks", "anna", "page");
        REQUIRE_MESSAGE(w.until([&] { return caught_up(w, p); }), test::story(w, p));
        return w.row(p, "anna");
      };
      REQUIRE(w.until([&] { return caught_up(w, p); }));
      CHECK(click() == "nobody");
      w.write("profiles", "anna", "Anna");
      CHECK(click() == "Anna");
      w.write("profiles", "anna", "");
      CHECK(click().empty());  // an empty value is a value
      w.write("profiles", "anna", std::nullopt);
      CHECK(click() == "nobody");
      w.write("profiles", "anna", "Anna again");
      CHECK(click() == "Anna again");
      w.stop(p, run);
    }
  }

  TEST_CASE("a row that changes while its callback is suspended is the new one afterwards") {
    world w;
    make_topics(w, 1);
    w.write("profiles", "anna", "before");
    group<> g{"slow"};
    g.input(clicks, [&w](context<void>& ctx, std::string) -> task<> {
      const auto first = ctx.join(profiles).value_or("nobody");
      co_await async::sleep_for(w.threads.time(), 500ms);
      ctx.emit(greetings, ctx.key(), first + ", then " + ctx.join(profiles).value_or("nobody"));
    });
    g.join(profiles).output(greetings);
    processor p{g};
    const auto run = w.start(p, w.member("a"));
    w.write("clicks", "anna", "page");
    w.threads.advance(100ms);
    w.write("profiles", "anna", "after");
    REQUIRE_MESSAGE(w.until([&] { return caught_up(w, p); }), test::story(w, p));
    CHECK(said(w, "anna") == "before, then after");
    w.stop(p, run);
  }

  TEST_CASE("more rows than the memory may hold are joined all the same") {
    world w;
    make_topics(w, 1);
    w.write_all("profiles", users(500, std::string(100, 'x')));
    processor p{greeters(), {.batch_records = 20, .cache_bytes = 1}};
    const auto run = w.start(p, w.member("a"));
    w.write_all("clicks", users(500, "page"));
    w.write_all("clicks", users(500, "page"));
    REQUIRE_MESSAGE(w.until([&] { return caught_up(w, p); }), test::story(w, p));
    const auto out = w.records("greetings");
    REQUIRE(out.size() == 1000);
    for (const auto& r : out) CHECK(r.value == std::string(100, 'x'));
    w.stop(p, run);
  }

  TEST_CASE("a member keeps the joined rows of its own partitions only, and they move with the partitions") {
    world w;
    make_topics(w, 8);
    w.write_all("profiles", users(200, "known"));
    processor p{greeters()};
    processor q{greeters()};
    const auto first = w.start(p, w.member("a"));
    REQUIRE_MESSAGE(w.until([&] { return caught_up(w, p); }), test::story(w, p));
    CHECK(join_rows(p) == 200);
    const auto second = w.start(q, w.member("b"));
    const auto share = [&] {
      return p.status().partitions.size() == 4 && q.status().partitions.size() == 4 && caught_up(w, p) &&
             caught_up(w, q);
    };
    REQUIRE(w.until(share));
    CHECK(join_rows(p) > 0);
    CHECK(join_rows(q) > 0);
    CHECK(join_rows(p) + join_rows(q) == 200);
    w.write_all("clicks", users(200, "page"));
    REQUIRE(w.until([&] { return share() && w.records("greetings").size() == 200; }));
    for (const auto& r : w.records("greetings")) CHECK(r.value == "known");

    // What changes while a partition is elsewhere is there when it comes back.
    w.write_all("profiles", users(200, "changed"));
    w.stop(q, second);
    REQUIRE(w.until([&] { return caught_up(w, p) && p.status().partitions.size() == 8; }));
    w.write_all("clicks", users(200, "page"));
    REQUIRE(w.until([&] { return caught_up(w, p) && w.records("greetings").size() == 400; }));
    for (int i = 0; i < 200; ++i) CHECK(said(w, user(i)) == "changed");
    w.stop(p, first);
    CHECK(first.failure().empty());
    CHECK(second.failure().empty());
  }

  TEST_CASE("a member that loses its partitions takes up their joins again where they stood") {
    world w;
    make_topics(w, 4);
    w.write_all("profiles", users(100, "known"));
    processor p{greeters()};
    const auto run = w.start(p, w.member("a"));
    for (int round = 0; round < 3; ++round) {
      REQUIRE_MESSAGE(w.until([&] { return caught_up(w, p) && join_rows(p) == 100; }), test::story(w, p));
      w.broker->expire(group_name{"greeters"}, "greeters");
      w.write_all("profiles", users(100, "round " + std::to_string(round)));
      REQUIRE_MESSAGE(
          w.until([&] { return caught_up(w, p) && p.status().partitions.size() == 4 && joins_caught_up(w, p); }),
          test::story(w, p));
      CHECK(p.status().rebalances >= static_cast<std::uint64_t>(2 * round + 2));
      // From the local copies: only what is new.
      CHECK(join_records_read(p) <= 100);
      w.write_all("clicks", users(100, "page"));
      REQUIRE_MESSAGE(w.until([&] { return caught_up(w, p); }), test::story(w, p));
      for (int i = 0; i < 100; ++i) CHECK(w.row(p, user(i)) == "round " + std::to_string(round));
    }
    w.stop(p, run);
    CHECK(run.failure().empty());
  }

  TEST_CASE("a restart reads only what changed meanwhile; a new machine reads it all") {
    for (const auto kept : {world::copies::memory, world::copies::lmdb}) {
      world w{kept};
      make_topics(w, 2);
      w.write_all("profiles", users(100, "known"));
      processor p{greeters()};
      auto run = w.start(p, w.member("a"));
      REQUIRE_MESSAGE(w.until([&] { return caught_up(w, p); }), test::story(w, p));
      CHECK(join_records_read(p) == 100);
      CHECK(join_rows(p) == 100);
      w.write_all("profiles", users(50, "changed"));
      REQUIRE(w.until([&] { return joins_caught_up(w, p); }));
      w.stop(p, run);
      w.write("profiles", "anna", "Anna");
      w.write("clicks", "anna", "page");
      w.write("clicks", user(7), "page");
      w.write("clicks", user(70), "page");

      run = w.start(p, w.member("a"));
      REQUIRE_MESSAGE(w.until([&] { return caught_up(w, p); }), test::story(w, p));
      CHECK(join_records_read(p) == 1);
      CHECK(w.row(p, "anna") == "Anna");
      CHECK(w.row(p, user(7)) == "changed");
      CHECK(w.row(p, user(70)) == "known");
      w.stop(p, run);

      run = w.start(p, w.member("b"));
      REQUIRE_MESSAGE(w.until([&] { return caught_up(w, p); }), test::story(w, p));
      CHECK(join_records_read(p) == 151);
      w.stop(p, run);
    }
  }

  TEST_CASE("a joined topic that was made anew is read anew, while the processor is down and while it runs") {
    world w;
    make_topics(w, 1);
    w.write_all("profiles", users(20, "old"));
    processor p{greeters()};
    auto run = w.start(p, w.member("a"));
    REQUIRE_MESSAGE(w.until([&] { return caught_up(w, p); }), test::story(w, p));
    w.stop(p, run);
    const auto renew = [&](const std::string& value) {
      REQUIRE(w.broker->remove_topic(topic_name{"profiles"}));
      w.create("profiles", 1, {{"cleanup.policy", "compact"}});
      w.write_all("profiles", users(10, value));
    };
    renew("second");
    run = w.start(p, w.member("a"));
    w.write_all("clicks", users(20, "page"));
    REQUIRE_MESSAGE(w.until([&] { return caught_up(w, p); }), test::story(w, p));
    CHECK(w.row(p, user(3)) == "second");
    CHECK(w.row(p, user(15)) == "nobody");

    // As long as the old one: by its offsets alone it is not to be told from that.
    renew("third");
    REQUIRE_MESSAGE(w.until([&] {
      const auto status = p.status();
      return status.partitions.front().joins.front().recoveries == 2;
    }),
                    test::story(w, p));
    w.write_all("clicks", users(20, "page"));
    REQUIRE_MESSAGE(w.until([&] { return caught_up(w, p); }), test::story(w, p));
    CHECK(w.row(p, user(3)) == "third");
    CHECK(w.row(p, user(15)) == "nobody");
    w.stop(p, run);
  }

  TEST_CASE("a topic may be joined and be an input as well, each with its codec") {
    world w;
    w.create("clicks", 2);
    w.create("profiles", 2, {{"cleanup.policy", "compact"}});
    const stream<std::int64_t> changes{"profiles"};
    group<std::string> g{"both"};
    g.input(clicks, [](context<std::string>& ctx, std::string) {
      ctx.set(ctx.value().value_or("") + " joined " + ctx.join(profiles).value_or("nothing"));
    });
    g.input(changes, [](context<std::string>& ctx, std::int64_t n) {
      ctx.set(ctx.value().value_or("") + " became " + std::to_string(n + 1));
    });
    g.join(profiles);
    processor p{g};
    const auto run = w.start(p, w.member("a"));
    w.write("profiles", "anna", "41");
    REQUIRE_MESSAGE(w.until([&] { return caught_up(w, p) && joins_caught_up(w, p); }), test::story(w, p));
    w.write("clicks", "anna", "page");
    REQUIRE_MESSAGE(w.until([&] { return caught_up(w, p); }), test::story(w, p));
    CHECK(w.row(p, "anna") == " became 42 joined 41");
    w.stop(p, run);
    CHECK(run.failure().empty());
  }

  TEST_CASE("an update rule decides what is stored of a joined and of a looked-up table") {
    world w;
    make_topics(w, 2);
    const update_rule loud{"loud", [](const table_update& update, std::string& instead) {
                             if (update.key == "secret") return update_action::ignore;
                             if (!update.value) return update_action::store;
                             instead = std::string{*update.value} + "!";
                             return update_action::store_instead;
                           }};
    group<std::string> g{"loud"};
    g.input(clicks, [](context<std::string>& ctx, std::string other) {
      ctx.set(ctx.join(profiles).value_or("nobody") + " " + ctx.lookup(profiles, other).value_or("nobody"));
    });
    g.join(profiles, loud).lookup(profiles, loud);
    processor p{g};
    w.write("profiles", "anna", "Anna");
    w.write("profiles", "secret", "Bond");
    auto run = w.start(p, w.member("a"));
    const auto answer = [&](const std::string& key, const std::string& other) {
      w.threads.advance(100ms);
      w.write("clicks", key, other);
      REQUIRE_MESSAGE(w.until([&] { return caught_up(w, p); }), test::story(w, p));
      return w.row(p, key);
    };
    CHECK(answer("anna", "anna") == "Anna! Anna!");
    CHECK(answer("secret", "secret") == "nobody nobody");
    w.write("profiles", "anna", "Hanna");
    CHECK(answer("anna", "anna") == "Hanna! Hanna!");
    w.write("profiles", "anna", std::nullopt);
    CHECK(answer("anna", "anna") == "nobody nobody");
    w.stop(p, run);
    CHECK(run.failure().empty());
  }

  TEST_CASE("a stateless group joins as well") {
    world w;
    make_topics(w, 2);
    w.write("profiles", "anna", "Anna");
    group<> g{"stateless"};
    g.input(clicks, [](context<void>& ctx, std::string) {
      ctx.emit(greetings, ctx.key(), ctx.join(profiles).value_or("nobody"));
    });
    g.join(profiles).output(greetings);
    processor p{g};
    const auto run = w.start(p, w.member("a"));
    w.write("clicks", "anna", "page");
    REQUIRE_MESSAGE(w.until([&] { return caught_up(w, p); }), test::story(w, p));
    CHECK(said(w, "anna") == "Anna");
    w.stop(p, run);
  }

  TEST_CASE("tables with other numbers of partitions cannot be joined, and the error says what to do") {
    world w;
    w.create("clicks", 8);
    w.create("greetings", 1);
    w.create("profiles", 4);
    processor p{greeters()};
    const auto run = w.start(p, w.member("a"));
    REQUIRE(w.until([&] { return run.ended(); }));
    CHECK(run.failure() ==
          "group 'greeters': table 'profiles' has 4 partitions, input 'clicks' has 8: joins need the same number "
          "(recreate one of them, or use lookup)");
  }

  TEST_CASE("a missing joined table is an error with its cure, or is made compacted") {
    world w;
    w.create("clicks", 3);
    w.create("greetings", 1);
    processor p{greeters()};
    const auto run = w.start(p, w.member("a"));
    REQUIRE(w.until([&] { return run.ended(); }));
    CHECK(run.failure().find("join 'profiles'") != std::string::npos);
    CHECK(run.failure().find("topic_creation::all") != std::string::npos);

    processor makes{greeters(), {.create_topics = topic_creation::all}};
    const auto second = w.start(makes, w.member("a"));
    w.write("profiles", "anna", "Anna");
    w.write("clicks", "anna", "page");
    REQUIRE_MESSAGE(w.until([&] { return caught_up(w, makes); }), test::story(w, makes));
    CHECK(w.broker->topics().find(topic_name{"profiles"})->partitions() == 3);
    w.stop(makes, second);
  }

  TEST_CASE("joining or looking up in what the group does not declare names the cure") {
    const auto failure_of = [](auto callback) {
      world w;
      make_topics(w, 1);
      group<> g{"careless"};
      g.input(clicks, callback);
      processor p{g};
      const auto run = w.start(p, w.member("a"));
      w.write("clicks", "anna", "page");
      REQUIRE(w.until([&] { return run.ended(); }));
      return run.failure();
    };
    CHECK(failure_of([](context<void>& ctx, std::string) {
            (void)ctx.join(profiles);
          }).find("joins 'profiles' without declaring it: add .join(profiles) to the group") != std::string::npos);
    CHECK(failure_of([](context<void>& ctx, std::string) {
            (void)ctx.lookup(profiles, "bob");
          }).find("looks up in 'profiles' without declaring it: add .lookup(profiles) to the group") !=
          std::string::npos);
  }

  TEST_CASE("a processor may be stopped while its joins are read, and goes on there") {
    world w;
    make_topics(w, 4);
    w.write_all("profiles", users(100, "known"));
    w.write_all("clicks", users(100, "page"));
    processor p{greeters()};
    for (const auto after : {0ms, 5ms, 10ms, 15ms, 20ms, 30ms, 40ms}) {
      const auto run = w.start(p, w.member("a"));
      w.threads.advance(after);
      p.stop();
      REQUIRE(w.until([&] { return run.ended(); }, 11s));
      CHECK(run.failure().empty());
    }
    w.broker->set_reachable(false);
    const auto unreachable = w.start(p, w.member("a"));
    w.threads.advance(2s);
    p.stop();
    REQUIRE(w.until([&] { return unreachable.ended(); }, 11s));
    w.broker->set_reachable(true);
    const auto run = w.start(p, w.member("a"));
    REQUIRE_MESSAGE(w.until([&] { return caught_up(w, p); }), test::story(w, p));
    for (int i = 0; i < 100; ++i) CHECK(said(w, user(i)) == "known");
    w.stop(p, run);
  }

  TEST_CASE("a broker that goes away stops no join: it goes on where it stood") {
    world w;
    make_topics(w, 2);
    w.write("profiles", "anna", "before");
    processor p{greeters()};
    const auto run = w.start(p, w.member("a"));
    REQUIRE_MESSAGE(w.until([&] { return caught_up(w, p); }), test::story(w, p));
    w.broker->set_reachable(false);
    w.threads.advance(30s);
    CHECK_FALSE(run.ended());
    w.broker->set_reachable(true);
    w.write("profiles", "anna", "after");
    REQUIRE_MESSAGE(w.until([&] { return joins_caught_up(w, p); }), test::story(w, p));
    w.write("clicks", "anna", "page");
    REQUIRE_MESSAGE(w.until([&] { return caught_up(w, p) && w.row(p, "anna") == "after"; }), test::story(w, p));
    w.stop(p, run);
    CHECK(run.failure().empty());
  }
}

}  // namespace corka
