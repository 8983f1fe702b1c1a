// What the dashboard's tests look at beside flights: a group with everything that a group can have, and things to
// start.
//
// Orders are counted per customer. Those of customers whose names begin with "x" are put aside until the action `mend`
// was run, and come back by a replay.
#include <corka/corka.hpp>

#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <atomic>
#include <chrono>
#include <cstdint>
#include <stdexcept>
#include <string>

namespace {

struct account {
  std::int64_t orders = 0, points = 0;
  std::string town;
};
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE(account, orders, points, town)

const corka::stream<std::string> orders{"orders"};
const corka::stream<std::string> receipts{"receipts"};
const corka::table<std::string> towns{"towns"};
const corka::table<std::string> goods{"goods"};

std::atomic<bool> mended{false};

void on_order(corka::context<account>& ctx, const std::string& what) {
  if (ctx.key().starts_with('x') && !mended) throw std::runtime_error{"nobody knows the customer"};
  auto a = ctx.value().value_or(account{});
  ++a.orders;
  a.town = ctx.join(towns).value_or("");
  ctx.set(a);
  ctx.emit(receipts, ctx.key(), ctx.lookup(goods, what).value_or(what));
  if (a.orders % 10 == 0) ctx.loop(ctx.key(), std::int64_t{5});
}

void on_points(corka::context<account>& ctx, std::int64_t points) {
  auto a = ctx.value().value_or(account{});
  a.points += points;
  ctx.set(a);
}

corka::group<account> shop() {
  corka::group<account> g{"shop"};
  g.input(orders, on_order).loop<std::int64_t>(on_points).join(towns).lookup(goods).output(receipts);
  g.visitor<std::int64_t>("give", on_points);
  g.on_failure({.callback = {.then = corka::dead_letter{"shop-dead"}}});
  return g;
}

corka::task<> pause(std::chrono::milliseconds time) {
  boost::asio::steady_timer timer{co_await boost::asio::this_coro::executor, time};
  co_await timer.async_wait(boost::asio::use_awaitable);
}

corka::task<std::string> mend(corka::action_run&, std::string) {
  mended = true;
  co_return "customers are known now";
}

/// Goes on until somebody stops it.
corka::task<std::string> wait(corka::action_run& run, std::string) {
  for (std::uint64_t i = 0; !run.stop().stop_requested(); ++i) {
    run.progress(i, 1'000);
    co_await pause(std::chrono::milliseconds{50});
  }
  co_return "stopped";
}

corka::task<> order(corka::emitter<std::string>& to, corka::emitter<std::string>& homes,
                    corka::emitter<std::string>& shelf) {
  co_await homes.ready();
  co_await shelf.ready();
  for (int i = 0; i < 30; ++i) homes.emit("customer" + std::to_string(i), i % 2 == 0 ? "Gdynia" : "Lublin");
  shelf.emit("tea", "a packet of tea");
  for (std::uint64_t i = 0;; ++i) {
    co_await to.ready();
    // The first ones at once, so that there is something to look at.
    if (i > 300) co_await pause(std::chrono::milliseconds{20});
    to.emit("customer" + std::to_string(i % 30), "tea");
    if (i < 25) to.emit("x" + std::to_string(i), "tea");
  }
}

}  // namespace

int main(int argc, char** argv) {
  corka::app app{argc, argv, "Counts orders, for tests of the dashboard."};
  app.action("mend", "Makes all customers known", mend);
  app.action("wait", "Waits until it is stopped", wait);

  const auto declared = shop();
  corka::processor processor{declared, app.defaults()};
  corka::view accounts{declared.table()};
  const corka::emitter_options made{.create_with_partitions = 4};
  corka::emitter<std::string> to{orders, made};
  corka::emitter<std::string> homes{towns, made};
  corka::emitter<std::string> shelf{goods, {.create_with_partitions = 1}};
  corka::job customers{[&](corka::runtime&) { return order(to, homes, shelf); }};
  return app.run(processor, accounts, to, homes, shelf, customers);
}
