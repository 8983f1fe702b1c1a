#include "async/task_group.hpp"

#include "async/timer.hpp"
#include "async/virtual_execution.hpp"
#include "support/cancellable.hpp"

#include <doctest/doctest.h>

#include <boost/asio/this_coro.hpp>

#include <stdexcept>
#include <string>

namespace asio = boost::asio;
using namespace corka;
using namespace std::chrono_literals;
using async::virtual_execution;
using test::cancellable;

namespace {

task<> log_after(virtual_execution& on, std::string& log, char name, clock::duration d) {
  co_await async::sleep_for(on.time(), d);
  log += name;
}

task<> fail_after(virtual_execution& on, clock::duration d, const char* why) {
  co_await async::sleep_for(on.time(), d);
  throw std::runtime_error{why};
}

task<> fail_at_once() {
  throw std::runtime_error{"at once"};
  co_return;
}

/// Takes a while to end when cancelled.
task<> end_slowly(virtual_execution& on, std::string& log) {
  bool cancelled = false;
  try {
    co_await async::sleep_for(on.time(), 24h);
  } catch (const boost::system::system_error&) { cancelled = true; }
  co_await asio::this_coro::reset_cancellation_state();
  co_await async::sleep_for(on.time(), 1s);
  if (cancelled) log += "slow";
}

}  // namespace

TEST_CASE("task group: join waits for all children, also for those that children start") {
  virtual_execution on;
  async::task_group group{on.executor()};
  std::string log;
  const auto parent = [](virtual_execution& ex, async::task_group& g, std::string& l) -> task<> {
    co_await async::sleep_for(ex.time(), 1s);
    g.spawn(log_after(ex, l, 'b', 5s));
    l += 'a';
  };
  group.spawn(parent(on, group, log));
  group.spawn(log_after(on, log, 'x', 2s));
  CHECK(group.running() == 2);
  const auto begin = on.time().now();
  on.run(group.join());
  CHECK(log == "axb");
  CHECK(on.time().now() - begin == 6s);
  CHECK(group.running() == 0);
}

TEST_CASE("task group: without children join returns at once") {
  virtual_execution on;
  async::task_group group{on.executor()};
  on.run(group.join());
  CHECK(group.running() == 0);
}

TEST_CASE("task group: the first failure is told once, and thrown by join after the last child ended") {
  virtual_execution on;
  async::task_group group{on.executor()};
  std::string log;
  int told = 0;
  group.on_failure([&] { ++told; });
  group.spawn(fail_after(on, 1s, "first"));
  group.spawn(fail_after(on, 2s, "second"));
  group.spawn(log_after(on, log, 'a', 3s));
  CHECK_THROWS_WITH(on.run(group.join()), "first");
  CHECK(log == "a");
  CHECK(told == 1);
  // Thrown once; the group works on.
  group.spawn(log_after(on, log, 'b', 1s));
  on.run(group.join());
  CHECK(log == "ab");
}

TEST_CASE("task group: a child may fail before it suspends") {
  virtual_execution on;
  async::task_group group{on.executor()};
  group.spawn(fail_at_once());
  CHECK_THROWS_WITH(on.run(group.join()), "at once");
}

TEST_CASE("task group: on_failure may cancel the others; being cancelled is no failure") {
  virtual_execution on;
  async::task_group group{on.executor()};
  std::string log;
  group.on_failure([&] { group.cancel(); });
  group.spawn(log_after(on, log, 'a', 1h));
  group.spawn(end_slowly(on, log));
  group.spawn(fail_after(on, 1s, "boom"));
  const auto begin = on.time().now();
  CHECK_THROWS_WITH(on.run(group.join()), "boom");
  CHECK(log == "slow");
  CHECK(on.time().now() - begin == 2s);

  group.spawn(log_after(on, log, 'b', 1h));
  on.settle();
  group.cancel();
  on.run(group.join());
  CHECK(log == "slow");
}

TEST_CASE("task group: cancelling the joining coroutine cancels the children, and still waits for them") {
  virtual_execution on;
  std::string log;
  cancellable joining;
  const auto own = [](virtual_execution& ex, std::string& l) -> task<> {
    async::task_group group{ex.executor()};
    group.spawn(end_slowly(ex, l));
    group.spawn(log_after(ex, l, 'x', 1h));
    co_await group.join();
    l += " joined";
  };
  joining.start(on, own(on, log));
  on.settle();
  joining.cancel();
  on.settle();
  CHECK_FALSE(joining.ended());
  on.advance(1s);
  CHECK(joining.ended());
  CHECK(log == "slow joined");
}

TEST_CASE("task group: children are destroyed with their loop") {
  const auto alive = std::make_shared<int>();
  {
    virtual_execution on;
    const auto own = [](virtual_execution& ex, std::shared_ptr<int> held) -> task<> {
      async::task_group group{ex.executor()};
      const auto child = [](virtual_execution& e, std::shared_ptr<int>) -> task<> {
        co_await async::sleep_for(e.time(), 1h);
      };
      group.spawn(child(ex, held));
      co_await group.join();
    };
    on.start(own(on, alive));
    on.settle();
    CHECK(alive.use_count() == 3);
  }
  CHECK(alive.use_count() == 1);
}
