#include "async/time_limit.hpp"

#include "async/virtual_execution.hpp"

#include <doctest/doctest.h>

#include <chrono>

using namespace corka;
using namespace std::chrono_literals;

TEST_CASE("time limit: it calls once its time has come, and not once it is gone") {
  async::virtual_execution threads;
  const auto work = [](corka::clock& time, executor ex, corka::clock::duration took, int& calls) -> task<bool> {
    const async::time_limit limit{ex, time, time.now() + 10ms, [&calls] { ++calls; }};
    co_await async::sleep_for(time, took);
    co_return limit.passed();
  };
  int calls = 0;
  CHECK(!threads.run(work(threads.time(), threads.worker(0), 9ms, calls)));
  threads.run(async::sleep_for(threads.time(), 1s));
  CHECK(calls == 0);
  CHECK(threads.run(work(threads.time(), threads.worker(0), 11ms, calls)));
  CHECK(calls == 1);
}

TEST_CASE("time limit: one that is gone before its coroutine has begun calls nobody") {
  async::virtual_execution threads;
  int calls = 0;
  const auto at_once = [](corka::clock& time, executor ex, int& n) -> task<> {
    const async::time_limit limit{ex, time, time.now() - 1ms, [&n] { ++n; }};
    co_return;
  };
  threads.run(at_once(threads.time(), threads.worker(0), calls));
  threads.run(async::sleep_for(threads.time(), 1s));
  CHECK(calls == 0);
}
