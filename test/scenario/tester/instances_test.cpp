// Instances come and go, in order and otherwise; their connections and local copies break.
#include <corka/corka.hpp>
#include <corka/tester.hpp>

#include <doctest/doctest.h>

#include <functional>
#include <string>

namespace corka {

namespace {

using namespace std::chrono_literals;

const stream<std::string> clicks{"clicks"};

group<std::int64_t> counters(std::function<void(context<std::int64_t>&)> on_each = {}) {
  group<std::int64_t> g{"counters"};
  g.input(clicks, [on_each](context<std::int64_t>& ctx, const std::string&) {
    ctx.set(ctx.value().value_or(0) + 1);
    if (on_each) on_each(ctx);
  });
  return g;
}

void click(tester& t, int times) {
  for (int i = 0; i < times; ++i) t.emit(clicks, "user" + std::to_string(i % 10), "/");
}

std::int64_t sum(tester& t) {
  std::int64_t all = 0;
  for (const auto& [key, n] : t.table(counters()).rows()) all += n;
  return all;
}

std::uint64_t recovered(const processor& p) {
  std::uint64_t records = 0;
  for (const auto& s : p.status().partitions) records += s.table->recovery ? s.table->recovery->records : 0;
  return records;
}

bool contains(const std::string& text, std::string_view what) { return text.find(what) != std::string::npos; }

}  // namespace

TEST_SUITE("tester: instances") {
  TEST_CASE("one that is restarted goes on where it was, from its local copies") {
    for (const auto* store : {"memory", "lmdb"}) {
      tester t{{.store = store}};
      INFO(t);
      const auto p = t.add(counters());
      click(t, 50);
      t.settle();
      t.instance("a").restart();
      click(t, 50);
      t.settle();
      CHECK(sum(t) == 100);
      CHECK(recovered(*p) == 0);
    }
  }

  TEST_CASE("one that is removed gives its partitions to the others in order: nothing is done twice") {
    tester t;
    INFO(t);
    const auto p = t.add(counters());
    t.instance("b").start();
    t.instance("c").start();
    click(t, 50);
    t.settle();
    click(t, 50);
    t.instance("b").stop();
    CHECK_FALSE(t.instance("b").runs());
    t.settle();
    CHECK(sum(t) == 100);
    CHECK(p.on("c").status().partitions.size() == 4);
    CHECK_THROWS_AS((void)p.on("b"), tester_failure);
    t.instance("a").start();  // added while the others run
    t.settle();
    CHECK(p.on("a").status().partitions.size() == 2);
  }

  TEST_CASE("a killed one is missed after its session, nothing is lost, and what was not committed is done again") {
    for (const auto* store : {"memory", "lmdb"}) {
      tester t{{.store = store}};
      INFO(t);
      const auto p = t.add(counters(), {.commit_interval = 30s});
      t.instance("b").start();
      t.instance("a").start();
      t.settle();
      click(t, 50);
      t.advance(1s);  // written, not committed
      CHECK(sum(t) == 50);
      CHECK(t.commits(counters()).lag() == 50);
      t.instance("a").kill();
      CHECK_FALSE(t.instance("a").runs());
      t.advance(4s);
      CHECK(p.on("b").status().partitions.size() == 2);
      t.settle();
      CHECK(p.on("b").status().partitions.size() == 4);
      CHECK(t.commits(counters()).lag() == 0);
      CHECK(sum(t) > 50);  // those of the dead one were counted twice: at least once
      CHECK(sum(t) < 100);
      CHECK_FALSE(contains(t.story(), "a       counters leaves its group"));

      const auto before = sum(t);
      t.instance("a").start();  // what it left behind is opened again
      click(t, 10);
      t.settle();
      CHECK(sum(t) == before + 10);
    }
  }

  TEST_CASE("one may be killed by its own callback, in the middle of a record") {
    tester t;
    INFO(t);
    bool deadly = true;
    const auto g = counters([&](context<std::int64_t>& ctx) {
      if (ctx.key() == "user7" && std::exchange(deadly, false)) t.instance("a").kill();
    });
    t.add(g);
    click(t, 30);
    t.advance(1min);
    CHECK_FALSE(t.instance("a").runs());
    CHECK(sum(t) < 30);
    t.instance("a").start();
    t.settle();
    CHECK(t.table(g)["user7"] == 3);
    CHECK(sum(t) >= 30);
  }

  TEST_CASE("one whose connections break loses its partitions, and has some again once they are healed") {
    tester t;
    INFO(t);
    const auto p = t.add(counters());
    t.instance("a").start();
    t.instance("b").start();
    click(t, 20);
    t.settle();
    t.instance("b").break_connections();
    click(t, 20);
    t.settle();
    CHECK(t.commits(counters()).done() == 40);
    CHECK(p.on("a").status().partitions.size() == 4);
    CHECK_FALSE(p.on("b").status().connected);
    t.instance("b").heal_connections();
    t.settle();
    CHECK(p.on("b").status().partitions.size() == 2);
    CHECK(p.on("b").status().connected);
    CHECK(sum(t) == 40);
  }

  TEST_CASE("a broker that goes away is waited for; settling meanwhile is refused with the cure") {
    tester t;
    INFO(t);
    const auto p = t.add(counters());
    t.settle();
    t.break_connections();
    click(t, 20);
    t.advance(1min);
    CHECK_FALSE(p->status().connected);
    CHECK(t.commits(counters()).done() == 0);
    CHECK_THROWS_WITH_AS(t.settle(), doctest::Contains("the broker is away: bring it back first"), tester_failure);
    t.heal_connections();
    t.settle();
    CHECK(sum(t) == 20);
    t.instance("a").break_connections();
    CHECK_THROWS_WITH_AS(t.settle(), doctest::Contains("heal one first"), tester_failure);
  }

  TEST_CASE("an expired session costs the partitions, and the member comes back by itself") {
    tester t;
    INFO(t);
    const auto p = t.add(counters());
    click(t, 20);
    t.settle();
    const auto rebalances = p->status().rebalances;
    t.instance("a").expire_sessions();
    click(t, 20);
    t.settle();
    CHECK(sum(t) == 40);
    CHECK(p->status().rebalances > rebalances);
    CHECK(contains(t.story(), "counters has lost partitions 0 1 2 3"));
  }

  TEST_CASE("lost and damaged local copies are read again from the changelog: results are the same") {
    for (const auto* store : {"memory", "lmdb"}) {
      for (const bool damaged : {false, true}) {
        tester t{{.store = store}};
        INFO(t);
        const auto p = t.add(counters());
        click(t, 50);
        t.settle();
        auto a = t.instance("a");
        CHECK_THROWS_WITH_AS(a.lose_copies(), doctest::Contains("stop or kill it first"), tester_failure);
        a.stop();
        if (damaged) a.corrupt_copies();
        else a.lose_copies();
        a.start();
        click(t, 50);
        t.settle();
        CHECK(sum(t) == 100);
        CHECK(recovered(*p) == 50);
        CHECK(contains(t.story(), "local copy dropped") == damaged);
      }
    }
  }

  TEST_CASE("what cannot be asked of an instance is refused with the cure") {
    tester t;
    CHECK_THROWS_WITH_AS(t.instance("a").start(), doctest::Contains("has nothing to run"), tester_failure);
    t.add(counters());
    CHECK_THROWS_WITH_AS(t.instance("a").kill(), doctest::Contains("does not run"), tester_failure);
    t.settle();
    CHECK_THROWS_WITH_AS(t.instance("a").start(), doctest::Contains("runs: stop or kill it first"), tester_failure);
    CHECK_THROWS_WITH_AS(tester{{.store = "disk"}}, doctest::Contains("use memory or lmdb"), error);
  }
}

}  // namespace corka
