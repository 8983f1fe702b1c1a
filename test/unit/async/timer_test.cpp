#include "async/timer.hpp"

#include "async/thread_execution.hpp"
#include "async/virtual_execution.hpp"
#include "support/cancellable.hpp"

#include <doctest/doctest.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_future.hpp>

#include <optional>
#include <string>

namespace asio = boost::asio;
using namespace corka;
using namespace std::chrono_literals;
using async::virtual_execution;
using test::cancellable;

namespace {

task<> log_at(virtual_execution& on, std::string& log, char name, clock::duration d) {
  co_await async::sleep_for(on.time(), d);
  log += name;
}

task<> wait_into(async::timer& t, clock::duration d, std::optional<bool>& outcome) {
  co_await asio::this_coro::reset_cancellation_state(asio::enable_total_cancellation());
  outcome = co_await t.wait_for(d);
}

}  // namespace

TEST_CASE("timer: on virtual time waits end in the order of their times, then of their starts") {
  virtual_execution on;
  std::string log;
  on.start(log_at(on, log, 'c', 3s));
  on.start(log_at(on, log, 'a', 1s));
  on.start(log_at(on, log, 'b', 1s));
  const auto begin = on.time().now();
  on.advance(999ms);
  CHECK(log.empty());
  on.advance(1ms);
  CHECK(log == "ab");
  CHECK(on.time().now() - begin == 1s);
  on.advance(1h);
  CHECK(log == "abc");
  CHECK(on.time().now() - begin == 1s + 1h);
}

TEST_CASE("timer: a run takes exactly the virtual time that its task waits") {
  virtual_execution on;
  const auto wall = on.time().wall_ms();
  on.run(async::sleep_for(on.time(), 90min));
  CHECK(on.time().wall_ms() - wall == 90 * 60 * 1000);
}

TEST_CASE("timer: a time that has passed is now, and others get a turn") {
  virtual_execution on;
  on.advance(1h);
  async::timer t{on.executor(), on.time()};
  const auto before = on.time().now();
  const bool came = on.run(t.wait_until(before - 1min));
  CHECK(came);
  CHECK(on.time().now() == before);
}

TEST_CASE("timer: cancel ends the wait early and says so; the next wait is a new one") {
  virtual_execution on;
  async::timer t{on.executor(), on.time()};
  for (int round = 0; round < 2; ++round) {
    std::optional<bool> came;
    const auto begin = on.time().now();
    on.start(wait_into(t, 10s, came));
    on.advance(1s);
    CHECK_FALSE(came);
    t.cancel();
    on.settle();
    REQUIRE(came);
    CHECK_FALSE(*came);
    CHECK(on.time().now() - begin == 1s);
    CHECK_FALSE(on.time().next());
  }
  const bool came = on.run(t.wait_for(10s));
  CHECK(came);
}

TEST_CASE("timer: cancelling the coroutine throws, and leaves no alarm behind") {
  for (const auto type : {asio::cancellation_type::terminal, asio::cancellation_type::total}) {
    virtual_execution on;
    async::timer t{on.executor(), on.time()};
    std::optional<bool> came;
    cancellable waiting;
    waiting.start(on, wait_into(t, 10s, came));
    on.advance(1s);
    waiting.cancel(type);
    on.settle();
    CHECK(waiting.aborted());
    CHECK_FALSE(came);
    CHECK_FALSE(on.time().next());
  }
}

TEST_CASE("timer: the longest wait does not overflow") {
  virtual_execution on;
  on.advance(1h);
  async::timer t{on.executor(), on.time()};
  std::optional<bool> came;
  on.start(wait_into(t, clock::duration::max(), came));
  on.advance(24h * 365);
  CHECK_FALSE(came);
  t.cancel();
  on.settle();
  CHECK(came == false);
}

TEST_CASE("timer: on real time a short wait ends, a long one can be cancelled") {
  async::thread_execution threads{1};
  const auto wait_twice = [](async::thread_execution& on) -> task<int> {
    async::timer t{on.worker(0), on.time()};
    const bool first = co_await t.wait_for(1ms);
    const bool past = co_await t.wait_for(-1s);
    auto canceller = [](async::timer& of) -> task<> {
      of.cancel();
      co_return;
    };
    asio::co_spawn(on.worker(0), async::sleep_for(on.time(), 1ms), [&](const std::exception_ptr&) {
      asio::co_spawn(on.worker(0), canceller(t), [](const std::exception_ptr&) {});
    });
    const bool second = co_await t.wait_for(1h);
    co_return (first ? 1 : 0) + (past ? 2 : 0) + (second ? 4 : 0);
  };
  auto outcome = asio::co_spawn(threads.worker(0), wait_twice(threads), asio::use_future);
  CHECK(outcome.get() == 3);
}
