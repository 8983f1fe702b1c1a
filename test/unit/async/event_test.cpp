#include "async/event.hpp"

#include "async/gate.hpp"
#include "async/virtual_execution.hpp"
#include "support/cancellable.hpp"

#include <doctest/doctest.h>

#include <boost/asio/post.hpp>
#include <boost/asio/this_coro.hpp>

#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace asio = boost::asio;
using namespace corka;
using async::virtual_execution;
using test::cancellable;

namespace {

task<> log_after(async::event& e, std::string& log, char name) {
  co_await e.wait();
  log += name;
}

task<> close_and_log(async::gate& g, std::string& log, char name) {
  co_await g.close();
  log += name;
}

task<> wait_totally_cancellable(async::event& e) {
  co_await asio::this_coro::reset_cancellation_state(asio::enable_total_cancellation());
  co_await e.wait();
}

}  // namespace

TEST_CASE("event: set lets all waiters go on in the order they came, and later ones at once") {
  virtual_execution on;
  async::event e{on.executor()};
  std::string log;
  for (const char name : {'a', 'b', 'c'}) on.start(log_after(e, log, name));
  on.settle();
  CHECK(log.empty());
  e.set();
  CHECK(log.empty());  // in turns of their own
  on.settle();
  CHECK(log == "abc");
  CHECK(e.is_set());
  on.run(log_after(e, log, 'd'));
  CHECK(log == "abcd");
}

TEST_CASE("event: after reset waiters wait again, those already let go do not") {
  virtual_execution on;
  async::event e{on.executor()};
  std::string log;
  on.start(log_after(e, log, 'a'));
  on.settle();
  e.set();
  e.reset();
  CHECK_FALSE(e.is_set());
  on.start(log_after(e, log, 'b'));
  on.settle();
  CHECK(log == "a");
  e.set();
  on.settle();
  CHECK(log == "ab");
}

TEST_CASE("event: cancellation ends one wait and leaves the others") {
  for (const auto type : {asio::cancellation_type::terminal, asio::cancellation_type::total}) {
    virtual_execution on;
    async::event e{on.executor()};
    std::string log;
    cancellable first;
    first.start(on, wait_totally_cancellable(e));
    on.start(log_after(e, log, 'b'));
    on.settle();
    first.cancel(type);
    first.cancel(type);
    on.settle();
    CHECK(first.aborted());
    e.set();
    on.settle();
    CHECK(log == "b");
  }
}

TEST_CASE("event: setting it does not undo a cancellation that came before") {
  virtual_execution on;
  async::event e{on.executor()};
  cancellable waiting;
  waiting.start(on, wait_totally_cancellable(e));
  on.settle();
  asio::post(on.executor(), [&] {
    waiting.cancel();
    e.set();  // between the cancellation and its effect
  });
  on.settle();
  CHECK(waiting.aborted());
  CHECK(e.is_set());
}

TEST_CASE("event: waiters are destroyed with their loop, in whatever order") {
  const auto alive = std::make_shared<int>();
  {
    virtual_execution on;
    const auto shared = std::make_shared<async::event>(on.executor());
    const auto forever = [](std::shared_ptr<async::event> e, std::shared_ptr<int>) -> task<> { co_await e->wait(); };
    on.start(forever(shared, alive));
    on.start(forever(shared, alive));
    on.settle();
    CHECK(alive.use_count() == 3);
  }
  CHECK(alive.use_count() == 1);
}

TEST_CASE("gate: close returns once everybody has left, and lets nobody in") {
  virtual_execution on;
  async::gate g{on.executor()};
  auto first = g.enter();
  auto second = g.enter();
  CHECK(first);
  CHECK(g.inside() == 2);

  std::string log;
  on.start(close_and_log(g, log, 'x'));
  on.settle();
  CHECK(g.closed());
  CHECK_FALSE(g.enter());
  CHECK(g.inside() == 2);
  { const auto leaves = std::move(first); }
  on.settle();
  CHECK(log.empty());
  { const auto leaves = std::move(second); }
  on.settle();
  CHECK(log == "x");

  on.run(close_and_log(g, log, 'y'));
  CHECK(log == "xy");
}

TEST_CASE("gate: one that nobody entered closes at once") {
  virtual_execution on;
  async::gate g{on.executor()};
  on.run(g.close());
  CHECK(g.closed());
}

TEST_CASE("gate: a moved pass leaves once") {
  virtual_execution on;
  async::gate g{on.executor()};
  {
    auto pass = g.enter();
    auto other = std::move(pass);
    CHECK(g.inside() == 1);
    pass = std::move(other);
    CHECK(g.inside() == 1);
  }
  CHECK(g.inside() == 0);
}
