// A whole program in a tester: groups that feed each other, loops, joins, lookups, views, emitters.
#include <corka/corka.hpp>
#include <corka/tester.hpp>

#include <doctest/doctest.h>

#include <string>

namespace corka {

namespace {

using namespace std::chrono_literals;

struct order {
  std::string item;
  int pieces = 0;
};
struct customer {
  std::string name;
  bool operator==(const customer&) const = default;
};
struct item {
  int price = 0;
};
struct bill {
  std::string to;
  int amount = 0;
};
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE(order, item, pieces)
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE(customer, name)
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE(item, price)
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE(bill, to, amount)

const stream<order> orders{"orders"};
const table<customer> customers{"customers"};
const table<item> items{"items"};
const stream<bill> bills{"bills"};

// Joins, looks up, emits; and counts the pieces of an item by a loop, as another key.
group<std::int64_t> billing() {
  group<std::int64_t> g{"billing"};
  g.input(orders,
          [](context<std::int64_t>& ctx, order o) -> task<> {
            const auto who = ctx.join(customers);
            const auto what = ctx.lookup(items, o.item);
            const auto amount = o.pieces * what.value().price;
            ctx.set(ctx.value().value_or(0) + amount);
            ctx.loop("item " + o.item, std::int64_t{o.pieces});
            const auto sent = ctx.emit(bills, ctx.key(), bill{who ? who->name : "unknown", amount});
            co_await sent.acked();
          })
      .loop<std::int64_t>([](context<std::int64_t>& ctx, std::int64_t n) { ctx.set(ctx.value().value_or(0) + n); })
      .join(customers)
      .lookup(items)
      .output(bills);
  return g;
}

// Downstream of it.
group<std::int64_t> turnover() {
  group<std::int64_t> g{"turnover"};
  g.input(bills, [](context<std::int64_t>& ctx, const bill& b) { ctx.set(ctx.value().value_or(0) + b.amount); });
  return g;
}

}  // namespace

TEST_SUITE("tester") {
  TEST_CASE("groups, a loop, a join, a lookup, a view and an emitter work together, in several partitions") {
    const auto billed = billing();
    const auto sums = turnover();
    tester t;
    INFO(t);
    t.add(billed);
    t.add(sums);
    const auto seen = t.add_view(sums.table());
    const auto source = t.add_emitter(orders);
    t.table(customers)["c1"] = customer{"Anna"};
    t.emit(customers, "c2", customer{"Bert"});
    t.emit(items, "pen", item{3});
    t.settle();
    t.emit(orders, "c1", order{"pen", 2});
    source->emit("c2", order{"pen", 1});
    source->emit("c9", order{"pen", 10});
    t.settle();

    CHECK(t.table(billed)["c1"] == 6);
    CHECK(t.table(billed)["item pen"] == 13);
    CHECK(t.table(sums).rows() == std::map<std::string, std::int64_t>{{"c1", 6}, {"c2", 3}, {"c9", 30}});
    CHECK(seen->get("c9") == 30);
    const auto all = t.track(bills).all();
    REQUIRE(all.size() == 3);
    std::map<std::string, std::string> to;
    for (const auto& b : all) to[b.key] = b.value->to;
    CHECK(to == std::map<std::string, std::string>{{"c1", "Anna"}, {"c2", "Bert"}, {"c9", "unknown"}});
    CHECK(t.commits(billed).lag() == 0);
    CHECK(t.commits(billed).done() == 6);
    CHECK(t.commits(sums).done() == 3);
  }

  TEST_CASE("several partitions are shared by instances, and by as many as there are") {
    const auto sums = turnover();
    tester t{{.partitions = 6}};
    INFO(t);
    const auto running = t.add(sums);
    for (const auto* name : {"a", "b", "c"}) t.instance(name).start();
    t.settle();
    for (const auto* name : {"a", "b", "c"}) CHECK(running.on(name).status().partitions.size() == 2);
  }

  TEST_CASE("an instance that was given services of its own runs those, and others the program") {
    const auto sums = turnover();
    tester t;
    INFO(t);
    t.add(sums);
    const auto seen = t.instance("front").add_view(sums.table());
    t.emit(bills, "anna", {"Anna", 5});
    t.settle();
    CHECK(t.instance("a").runs());
    CHECK(seen.on("front").get("anna") == 5);
    CHECK_THROWS_AS((void)seen.on("a"), tester_failure);
    // Also one that is added while it runs.
    const auto names = t.instance("front").add_view(customers);
    t.table(customers)["c1"] = customer{"Anna"};
    t.settle();
    CHECK(names->get("c1") == customer{"Anna"});
  }

  TEST_CASE("what is awaited is awaited on the instance, while time passes") {
    group<std::int64_t> g = turnover();
    g.visitor<int>("reset", [](context<std::int64_t>& ctx, int to) { ctx.set(to); });
    tester t;
    INFO(t);
    const auto p = t.add(g);
    t.emit(bills, "anna", {"Anna", 5});
    t.emit(bills, "bert", {"Bert", 7});
    t.settle();
    const auto result = t.run(p->visit("reset", 1));
    CHECK(result.rows == 2);
    t.settle();
    CHECK(t.table(g)["anna"] == 1);
    CHECK_THROWS_AS(t.run(p->visit("nothing", 1)), error);
    CHECK(t.instance("a").run(p->row("bert")).bytes == "1");
  }

  TEST_CASE("hours of virtual time cost nothing: what is to happen in two of them does") {
    int calls = 0;
    group<> g{"patient"};
    g.input(bills, [&](context<void>& ctx, const bill&) {
      if (++calls == 1) ctx.fail("not yet");
    });
    failure_policies again;
    again.callback = {.attempts = 2, .first_backoff = 2h, .longest_backoff = 2h};
    g.on_failure(again);
    tester t;
    INFO(t);
    const auto started = t.now();
    t.add(g);
    t.emit(bills, "anna", {"Anna", 5});
    t.advance(1h);
    CHECK(calls == 1);
    t.advance(1h + 1min);
    CHECK(calls == 2);
    CHECK(t.now() == started + 2h + 1min);
    t.settle();
    CHECK(t.commits(g).lag() == 0);
  }
}

}  // namespace corka
