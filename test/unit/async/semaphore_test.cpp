#include "async/semaphore.hpp"

#include "async/thread_execution.hpp"
#include "async/timer.hpp"
#include "async/virtual_execution.hpp"

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/use_future.hpp>

#include <doctest/doctest.h>

#include <atomic>
#include <future>
#include <string>
#include <vector>

namespace corka::test {

namespace {

namespace asio = boost::asio;
using namespace std::chrono_literals;
using async::semaphore;

/// Guests of a semaphore on virtual time; each says when it comes in and when it leaves.
struct house {
  async::virtual_execution threads;
  semaphore passes{2};
  std::string story;

  static task<> visit(house& h, std::string name, std::chrono::milliseconds stays) {
    const auto pass = co_await h.passes.enter();
    h.story += "+" + name;
    co_await async::sleep_for(h.threads.time(), stays);
    h.story += "-" + name;
  }
  void comes(const std::string& name, std::chrono::milliseconds stays, asio::cancellation_signal& stop) {
    asio::co_spawn(threads.executor(), visit(*this, name, stays),
                   asio::bind_cancellation_slot(stop.slot(), [](std::exception_ptr) {}));
    threads.settle();
  }
};

}  // namespace

TEST_CASE("semaphore: passes go round in the order of coming") {
  house h;
  std::vector<asio::cancellation_signal> stops(4);
  h.comes("a", 10ms, stops[0]);
  h.comes("b", 30ms, stops[1]);
  h.comes("c", 30ms, stops[2]);
  h.comes("d", 10ms, stops[3]);
  CHECK(h.story == "+a+b");
  h.threads.advance(10ms);
  CHECK(h.story == "+a+b-a+c");
  h.threads.advance(20ms);
  CHECK(h.story == "+a+b-a+c-b+d");
  h.threads.advance(20ms);
  CHECK(h.story == "+a+b-a+c-b+d-c-d");
}

TEST_CASE("semaphore: who is cancelled while waiting leaves the queue; inside, gives the pass back") {
  house h;
  std::vector<asio::cancellation_signal> stops(4);
  h.comes("a", 10ms, stops[0]);
  h.comes("b", 1h, stops[1]);
  h.comes("c", 10ms, stops[2]);
  h.comes("d", 10ms, stops[3]);
  stops[2].emit(asio::cancellation_type::terminal);
  h.threads.settle();
  stops[1].emit(asio::cancellation_type::terminal);
  h.threads.settle();
  CHECK(h.story == "+a+b+d");
  h.threads.advance(10ms);
  CHECK((h.story == "+a+b+d-a-d" || h.story == "+a+b+d-d-a"));
  h.comes("e", 1ms, stops[1]);
  h.comes("f", 1ms, stops[2]);
  CHECK(h.story.ends_with("+e+f"));
  h.threads.advance(1ms);
}

TEST_CASE("semaphore: on several threads never more are inside than there are passes") {
  async::thread_execution threads{4, 1};
  semaphore passes{3};
  std::atomic<int> inside{0};
  std::atomic<int> most{0};
  auto guest = [](async::execution& on, semaphore& of, std::atomic<int>& now, std::atomic<int>& peak) -> task<> {
    for (int i = 0; i < 200; ++i) {
      const auto pass = co_await of.enter();
      const int here = ++now;
      int seen = peak.load();
      while (here > seen && !peak.compare_exchange_weak(seen, here)) {}
      co_await async::sleep_for(on.time(), 1us);
      --now;
    }
  };
  std::vector<std::future<void>> guests;
  for (std::size_t i = 0; i < 8; ++i)
    guests.push_back(asio::co_spawn(threads.worker(i % 4), guest(threads, passes, inside, most), asio::use_future));
  for (auto& g : guests) g.get();
  CHECK(most.load() == 3);
  CHECK(inside.load() == 0);
}

}  // namespace corka::test
