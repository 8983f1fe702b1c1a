#include "async/signal.hpp"

#include "async/thread_execution.hpp"
#include "async/virtual_execution.hpp"
#include "support/cancellable.hpp"

#include <corka/error.hpp>

#include <doctest/doctest.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_future.hpp>
#include <boost/system/system_error.hpp>

#include <atomic>
#include <future>
#include <memory>
#include <optional>
#include <thread>
#include <vector>

namespace asio = boost::asio;
using namespace corka;
using async::virtual_execution;
using test::cancellable;

namespace {

task<> count_wakes(async::signal& s, int& wakes) {
  while (true) {
    co_await s.wait();
    ++wakes;
  }
}

task<> wait_totally_cancellable(async::signal& s) {
  co_await asio::this_coro::reset_cancellation_state(asio::enable_total_cancellation());
  co_await s.wait();
}

}  // namespace

TEST_CASE("signal: a notification before the wait is not lost") {
  virtual_execution on;
  async::signal s{on.executor()};
  s.notify();
  on.run(s.wait());
  CHECK_FALSE(s.try_wait());
}

TEST_CASE("signal: nobody wakes without a notification") {
  virtual_execution on;
  async::signal s{on.executor()};
  CHECK_THROWS_AS(on.run(s.wait()), corka::error);
}

TEST_CASE("signal: many notifications before the waiter looks are one wake-up") {
  virtual_execution on;
  async::signal s{on.executor()};
  int wakes = 0;
  on.start(count_wakes(s, wakes));
  on.settle();
  CHECK(wakes == 0);
  for (int i = 0; i < 5; ++i) s.notify();
  on.settle();
  CHECK(wakes == 1);
  s.notify();
  on.settle();
  CHECK(wakes == 2);
}

TEST_CASE("signal: try_wait takes a notification once") {
  virtual_execution on;
  async::signal s{on.executor()};
  CHECK_FALSE(s.try_wait());
  s.notify();
  CHECK(s.try_wait());
  CHECK_FALSE(s.try_wait());
}

TEST_CASE("signal: cancellation ends a wait and loses no notification") {
  for (const auto type : {asio::cancellation_type::terminal, asio::cancellation_type::total}) {
    for (const bool notified_meanwhile : {false, true}) {
      CAPTURE(static_cast<unsigned>(type));
      CAPTURE(notified_meanwhile);
      virtual_execution on;
      async::signal s{on.executor()};
      cancellable waiting;
      waiting.start(on, wait_totally_cancellable(s));
      on.settle();
      REQUIRE_FALSE(waiting.ended());
      asio::post(on.executor(), [&] {
        waiting.cancel(type);
        if (notified_meanwhile) s.notify();
      });
      on.settle();
      CHECK(waiting.ended());
      CHECK(waiting.aborted());
      CHECK(s.try_wait() == notified_meanwhile);

      // The signal works as before.
      int wakes = 0;
      on.start(count_wakes(s, wakes));
      on.settle();
      s.notify();
      on.settle();
      CHECK(wakes == 1);
    }
  }
}

TEST_CASE("signal: a cancellation between the notification and the wake-up leaves the notification") {
  virtual_execution on;
  async::signal s{on.executor()};
  int wakes = 0;
  cancellable waiting;
  waiting.start(on, count_wakes(s, wakes));
  on.settle();
  asio::post(on.executor(), [&] {
    s.notify();
    waiting.cancel();
  });
  on.settle();
  CHECK(waiting.aborted());
  // The notification was not looked at, so it is still there.
  CHECK(wakes == 0);
  CHECK(s.try_wait());
}

TEST_CASE("signal: a notifier that outlives the signal and the loop does nothing") {
  async::signal::notifier late;
  late();
  {
    virtual_execution on;
    async::signal s{on.executor()};
    late = s.remote();
  }
  late();
}

TEST_CASE("signal: one that outlives its loop is notified in vain") {
  std::optional<virtual_execution> on{std::in_place};
  async::signal s{on->executor()};
  on->start(s.wait());
  on->settle();
  on.reset();
  s.notify();
  CHECK(s.try_wait());
}

TEST_CASE("signal: destroying it ends the wait") {
  virtual_execution on;
  auto s = std::make_unique<async::signal>(on.executor());
  cancellable waiting;
  waiting.start(on, s->wait());
  on.settle();
  const auto notify = s->remote();
  s.reset();
  notify();  // the coroutine has not heard of it yet
  on.settle();
  CHECK(waiting.aborted());
}

TEST_CASE("signal: a wake-up that was meant for a cancelled wait does not end the next one") {
  virtual_execution on;
  async::signal s{on.executor()};
  int wakes = 0;
  bool taken = false;
  const auto wait_again = [](async::signal& of, bool& had, int& count) -> task<> {
    try {
      co_await of.wait();
    } catch (const boost::system::system_error&) { had = of.try_wait(); }
    co_await asio::this_coro::reset_cancellation_state();
    co_await of.wait();
    ++count;
  };
  cancellable waiting;
  waiting.start(on, wait_again(s, taken, wakes));
  on.settle();
  asio::post(on.executor(), [&] {
    waiting.cancel();
    s.notify();
  });
  on.settle();
  CHECK(taken);
  CHECK(wakes == 0);
  s.notify();
  on.settle();
  CHECK(wakes == 1);
}

TEST_CASE("signal: a coroutine that still waits is destroyed with its loop") {
  const auto alive = std::make_shared<int>(1);
  {
    virtual_execution on;
    const auto forever = [](executor ex, std::shared_ptr<int> held) -> task<> {
      async::signal own{ex};
      co_await own.wait();
      *held = 2;
    };
    on.start(forever(on.executor(), alive));
    on.settle();
    CHECK(alive.use_count() == 2);
  }
  CHECK(alive.use_count() == 1);
  CHECK(*alive == 1);
}

TEST_CASE("signal: threads hand over every value, and none of them finds the waiter asleep") {
  constexpr int notifiers = 3;
  constexpr int each = 20'000;
  async::thread_execution threads{1};
  std::atomic<int> produced{0};

  const auto consume = [](async::thread_execution& on, std::atomic<int>& from,
                          std::promise<async::signal::notifier> out) -> task<int> {
    async::signal s{on.worker(0)};
    out.set_value(s.remote());
    int taken = 0;
    int wakes = 0;
    while (taken < notifiers * each) {
      co_await s.wait();
      ++wakes;
      taken += from.exchange(0, std::memory_order_relaxed);
    }
    co_return wakes;
  };
  std::promise<async::signal::notifier> handle;
  auto where = handle.get_future();
  auto wakes = asio::co_spawn(threads.worker(0), consume(threads, produced, std::move(handle)), asio::use_future);
  const auto notify = where.get();
  std::vector<std::thread> others;
  for (int n = 0; n < notifiers; ++n) {
    others.emplace_back([&produced, notify] {
      for (int i = 0; i < each; ++i) {
        produced.fetch_add(1, std::memory_order_relaxed);
        notify();
      }
    });
  }
  const int woken = wakes.get();
  CHECK(woken >= 1);
  CHECK(woken <= notifiers * each);
  for (auto& t : others) t.join();
}

TEST_CASE("signal: it may be destroyed while other threads notify") {
  std::atomic<bool> stop{false};
  for (int round = 0; round < 50; ++round) {
    auto threads = std::make_unique<async::thread_execution>(1);
    const auto brief = [](executor ex, std::promise<async::signal::notifier> out) -> task<> {
      async::signal s{ex};
      out.set_value(s.remote());
      for (int i = 0; i < 3; ++i) co_await s.wait();
    };
    std::promise<async::signal::notifier> handle;
    auto where = handle.get_future();
    auto ended = asio::co_spawn(threads->worker(0), brief(threads->worker(0), std::move(handle)), asio::use_future);
    const auto notify = where.get();
    stop = false;
    std::thread other{[&] {
      while (!stop) notify();
    }};
    ended.get();
    threads.reset();
    stop = true;
    other.join();
  }
}
