#include "async/wake_list.hpp"

#include "async/thread_execution.hpp"
#include "async/virtual_execution.hpp"

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_future.hpp>

#include <doctest/doctest.h>

#include <atomic>
#include <exception>
#include <future>
#include <vector>

namespace corka::test {

namespace {

namespace asio = boost::asio;

task<> until(async::wake_list& list, std::atomic<int>& value, int least) {
  const auto here = co_await asio::this_coro::executor;
  async::wake_list::place place{list, here};
  while (value < least) co_await place.wait();
}

}  // namespace

TEST_CASE("wake list: everybody who waits looks again after a change, and goes on when it is what they wait for") {
  async::virtual_execution threads;
  async::wake_list list;
  std::atomic<int> value{0};
  int gone_on = 0;
  const auto count = [&](int least) -> task<> {
    co_await until(list, value, least);
    ++gone_on;
  };
  for (const int least : {0, 1, 1, 2}) threads.start(count(least));
  threads.settle();
  CHECK(gone_on == 1);
  value = 1;
  threads.settle();
  CHECK(gone_on == 1);
  list.wake_all();
  threads.settle();
  CHECK(gone_on == 3);
  value = 2;
  list.wake_all();
  threads.settle();
  CHECK(gone_on == 4);
}

TEST_CASE("wake list: who gives up waiting leaves nothing behind") {
  async::virtual_execution threads;
  async::wake_list list;
  std::atomic<int> value{0};
  asio::cancellation_signal stop;
  bool ended = false;
  asio::co_spawn(
      threads.executor(), until(list, value, 1),
      asio::bind_cancellation_slot(stop.slot(), [&](std::exception_ptr failed) { ended = failed != nullptr; }));
  threads.settle();
  stop.emit(asio::cancellation_type::terminal);
  threads.settle();
  CHECK(ended);
  list.wake_all();
  threads.settle();
}

TEST_CASE("wake list: on real threads no change is missed") {
  async::thread_execution threads{2};
  async::wake_list list;
  std::atomic<int> value{0};
  constexpr int most = 2'000;
  const auto follow = [&]() -> task<> {
    for (int i = 1; i <= most; ++i) co_await until(list, value, i);
  };
  std::vector<std::future<void>> all;
  for (std::size_t w = 0; w < 2; ++w) all.push_back(asio::co_spawn(threads.worker(w), follow(), asio::use_future));
  for (int i = 0; i < most; ++i) {
    ++value;
    list.wake_all();
  }
  for (auto& f : all) f.get();
  CHECK(value == most);
}

}  // namespace corka::test
