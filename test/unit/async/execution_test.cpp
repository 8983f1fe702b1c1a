#include "async/execution.hpp"

#include "async/signal.hpp"
#include "async/strand_check.hpp"
#include "async/thread_execution.hpp"
#include "async/timer.hpp"
#include "async/virtual_execution.hpp"
#include "support/cancellable.hpp"

#include <corka/error.hpp>

#include <doctest/doctest.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_future.hpp>

#include <future>
#include <memory>
#include <stdexcept>
#include <string>
#include <thread>

namespace asio = boost::asio;
using namespace corka;
using namespace std::chrono_literals;
using async::thread_execution;
using async::virtual_execution;
using test::cancellable;

namespace {

/// Neither copied nor made out of nothing.
struct token {
  explicit token(int n) : number{std::make_unique<int>(n)} {}
  std::unique_ptr<int> number;
};

task<std::thread::id> this_thread() { co_return std::this_thread::get_id(); }
task<token> make_token(int n) { co_return token{n}; }
task<> fail(const char* why) {
  throw std::runtime_error{why};
  co_return;
}

template <class T>
T get(thread_execution& on, std::size_t worker, task<T> t) {
  return asio::co_spawn(on.worker(worker), std::move(t), asio::use_future).get();
}

}  // namespace

TEST_CASE("virtual execution: run returns what the task returns and throws what it throws") {
  virtual_execution on;
  const auto made = on.run(make_token(7));
  CHECK(*made.number == 7);
  CHECK_THROWS_WITH_AS(on.run(fail("so it is")), "so it is", std::runtime_error);
}

TEST_CASE("virtual execution: a task that cannot end is a deadlock, and is ended") {
  virtual_execution on;
  async::signal never{on.executor()};
  const auto held = std::make_shared<int>();
  const auto wait = [](async::signal& s, std::shared_ptr<int>) -> task<> { co_await s.wait(); };
  try {
    on.run(wait(never, held));
    FAIL("it ended");
  } catch (const corka::error& e) {
    CHECK(e.kind() == errc::internal);
    CHECK(std::string{e.what()}.find("deadlock: nothing is ready and no timer is armed") != std::string::npos);
  }
  CHECK(held.use_count() == 1);
}

TEST_CASE("virtual execution: a task that waits for ever beside a periodic timer is given up at the limit") {
  virtual_execution on;
  const auto tick = [](virtual_execution& ex) -> task<> {
    while (true) co_await async::sleep_for(ex.time(), 1s);
  };
  on.start(tick(on));
  async::signal never{on.executor()};
  const auto begin = on.time().now();
  CHECK_THROWS_WITH(on.run(never.wait(), 60s), "the awaited task has not ended within 60 s of virtual time");
  CHECK(on.time().now() - begin == 60s);
}

TEST_CASE("virtual execution: what a started task throws comes out of what ran it") {
  virtual_execution on;
  on.start(fail("background"));
  CHECK_THROWS_WITH(on.settle(), "background");
  on.settle();
}

TEST_CASE("virtual execution: a failed assertion in a task is the test's failure") {
  virtual_execution on;
  const auto throws_like_doctest = []() -> task<> {
    throw 42;
    co_return;
  };
  CHECK_THROWS_AS(on.run(throws_like_doctest()), int);
}

TEST_CASE("blocking: results and exceptions come back to the caller's strand") {
  thread_execution threads{2};
  const auto call = [](thread_execution& on) -> task<> {
    const auto home = std::this_thread::get_id();
    auto who = [] { return std::this_thread::get_id(); };
    const auto there = co_await async::blocking(on, std::move(who));
    CHECK(there != home);
    CHECK(std::this_thread::get_id() == home);

    auto make = [] { return token{3}; };
    const auto made = co_await async::blocking(on, std::move(make));
    CHECK(*made.number == 3);

    auto throws = [] { throw std::runtime_error{"disk"}; };
    bool thrown = false;
    try {
      co_await async::blocking(on, std::move(throws));
    } catch (const std::runtime_error& e) { thrown = std::string{e.what()} == "disk"; }
    CHECK(thrown);
    CHECK(std::this_thread::get_id() == home);
  };
  get(threads, 1, call(threads));
}

TEST_CASE("blocking: a cancelled caller still waits until the call has returned") {
  thread_execution threads{1};
  std::promise<void> entered;
  std::promise<void> leave;
  auto may_leave = leave.get_future();
  bool returned = false;
  asio::cancellation_signal cancel;

  const auto caller = [](thread_execution& on, std::promise<void>& in, std::future<void>& out, bool& done) -> task<> {
    auto call = [&] {
      in.set_value();
      out.wait();
      done = true;
    };
    co_await async::blocking(on, std::move(call));
  };
  auto ended = asio::co_spawn(threads.worker(0), caller(threads, entered, may_leave, returned),
                              asio::bind_cancellation_slot(cancel.slot(), asio::use_future));
  entered.get_future().wait();
  asio::post(threads.worker(0), [&] { cancel.emit(asio::cancellation_type::terminal); });
  asio::post(threads.worker(0), [&] { leave.set_value(); });
  ended.get();
  CHECK(returned);
}

TEST_CASE("blocking: on virtual time it runs in place and no time passes") {
  virtual_execution on;
  const auto begin = on.time().now();
  const auto call = [](virtual_execution& ex) -> task<int> {
    auto answer = [] { return 42; };
    const int got = co_await async::blocking(ex, std::move(answer));
    co_return got;
  };
  CHECK(on.run(call(on)) == 42);
  CHECK(on.time().now() == begin);
}

TEST_CASE("run_on: runs on the other worker and comes back") {
  thread_execution threads{2};
  const auto visit = [](thread_execution& on) -> task<> {
    const auto home = std::this_thread::get_id();
    const auto there = co_await async::run_on(on.worker(1), this_thread());
    CHECK(there != home);
    CHECK(std::this_thread::get_id() == home);
    const auto made = co_await async::run_on(on.worker(1), make_token(5));
    CHECK(*made.number == 5);
    std::string what;
    try {
      co_await async::run_on(on.worker(1), fail("over there"));
    } catch (const std::runtime_error& e) { what = e.what(); }
    CHECK(what == "over there");
    CHECK(std::this_thread::get_id() == home);
  };
  get(threads, 0, visit(threads));
}

TEST_CASE("run_on: a cancelled caller waits for the other side") {
  virtual_execution on;
  bool finished = false;
  cancellable calling;
  const auto call = [](virtual_execution& ex, bool& done) -> task<> {
    const auto there = [](virtual_execution& e, bool& d) -> task<> {
      co_await async::sleep_for(e.time(), 5s);
      d = true;
    };
    co_await async::run_on(ex.executor(), there(ex, done));
  };
  calling.start(on, call(on, finished));
  on.advance(1s);
  calling.cancel();
  on.advance(1s);
  CHECK_FALSE(calling.ended());
  on.advance(3s);
  CHECK(finished);
  CHECK(calling.ended());
}

TEST_CASE("thread execution: each worker is one thread, and there is at least one") {
  thread_execution threads{3};
  REQUIRE(threads.workers() == 3);
  const auto a = get(threads, 0, this_thread());
  const auto b = get(threads, 1, this_thread());
  CHECK(a != b);
  CHECK(a != std::this_thread::get_id());
  CHECK(get(threads, 0, this_thread()) == a);
  CHECK(thread_execution{0}.workers() == 1);
}

TEST_CASE("thread execution: what is suspended across workers is destroyed at the end") {
  const auto alive = std::make_shared<int>();
  {
    thread_execution threads{2};
    const auto across = [](thread_execution& on, std::shared_ptr<int> held) -> task<> {
      const auto there = [](thread_execution& o, std::shared_ptr<int>) -> task<> {
        async::signal never{o.worker(1)};
        co_await never.wait();
      };
      co_await async::run_on(on.worker(1), there(on, held));
    };
    for (int i = 0; i < 10; ++i)
      asio::co_spawn(threads.worker(0), across(threads, alive), [](const std::exception_ptr&) {});
    get(threads, 0, this_thread());
    get(threads, 1, this_thread());
    CHECK(alive.use_count() > 1);
  }
  CHECK(alive.use_count() == 1);
}

TEST_CASE("thread execution: stop leaves what is posted later undone, and may be repeated") {
  std::atomic<bool> ran{false};
  {
    thread_execution threads{1};
    threads.stop();
    threads.stop();
    asio::post(threads.worker(0), [&] { ran = true; });
  }
  CHECK_FALSE(ran);
}

#ifndef NDEBUG
TEST_CASE("strand check: another thread's use is wrong once the strand has used the object") {
  thread_execution threads{1};
  const async::strand_check check{threads.worker(0)};
  CHECK(check.right());  // nobody has used it yet
  const auto use = [](const async::strand_check& c) -> task<bool> { co_return c.right(); };
  CHECK(get(threads, 0, use(check)));
  CHECK_FALSE(check.right());
}
#endif
