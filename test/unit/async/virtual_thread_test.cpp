#include "async/virtual_thread.hpp"
#include "async/signal.hpp"
#include "async/timer.hpp"

#include <doctest/doctest.h>

#include <boost/asio/post.hpp>

#include <algorithm>
#include <cstdint>
#include <iterator>
#include <memory>
#include <set>
#include <string>
#include <vector>

namespace {

using namespace corka;
using namespace std::chrono_literals;

struct farewell {
  std::vector<std::string>& to;
  std::string text;
  ~farewell() { to.push_back(text); }
};

task<> sleeper(async::virtual_thread& on, std::vector<std::string>& said, std::string name) {
  const farewell last{said, name + " is destroyed"};
  co_await async::sleep_for(on.time(), 1s);
  said.push_back(name + " woke");
}

task<> waits_on(async::timer& due, std::vector<std::string>& said) {
  const farewell last{said, "destroyed"};
  static_cast<void>(co_await due.wait_for(1h));
  said.emplace_back("went on");
}

task<> saver(async::virtual_thread& on, std::vector<std::string>& said) {
  on.end();
  said.push_back("runs on");
  const auto save = [&] { said.push_back("saved"); };
  co_await async::blocking(on, save);
  said.push_back("went on");
}

TEST_CASE("virtual thread: several share a clock, and each runs when it is stepped") {
  virtual_clock time;
  async::virtual_thread a{time};
  async::virtual_thread b{time};
  std::vector<std::string> said;
  a.start(sleeper(a, said, "a"));
  b.start(sleeper(b, said, "b"));
  a.settle();
  b.settle();
  REQUIRE(said.empty());
  while (time.advance_to_next(time.now() + 2s)) {}
  b.settle();
  CHECK(said == std::vector<std::string>{"b woke", "b is destroyed"});
  a.settle();
  CHECK(said.size() == 4);
}

TEST_CASE("virtual thread: a coroutine that waits on a timer may be dropped after it") {
  virtual_clock time;
  async::virtual_thread a{time};
  std::vector<std::string> said;
  auto due = std::make_unique<async::timer>(a.executor(), time);
  a.start(waits_on(*due, said));
  a.settle();
  CHECK(time.next().has_value());
  due.reset();  // the end of the wait is on its way
  CHECK_FALSE(time.next().has_value());
  a.drop_all();
  CHECK(said == std::vector<std::string>{"destroyed"});
}

TEST_CASE("virtual thread: what is dropped runs its destructors and nothing else") {
  virtual_clock time;
  async::virtual_thread a{time};
  std::vector<std::string> said;
  a.start(sleeper(a, said, "suspended"));
  a.settle();
  a.start(sleeper(a, said, "not begun"));
  a.drop_all();
  CHECK(said == std::vector<std::string>{"suspended is destroyed"});
  CHECK_FALSE(time.next());
  CHECK_FALSE(a.step());
}

TEST_CASE(
    "virtual thread: one that is ended by its own handler gets to where that waits next, and no call is made for it") {
  virtual_clock time;
  async::virtual_thread a{time};
  std::vector<std::string> said;
  a.start(saver(a, said));
  a.settle();
  a.settle();
  CHECK(said == std::vector<std::string>{"runs on"});
  a.drop_all();
  CHECK(said == std::vector<std::string>{"runs on"});
}

/// Ten turns on each of two loops, and two blocking calls: who was at it, in order.
std::string turns(dice* by) {
  virtual_clock time;
  async::virtual_thread on{time, {.workers = 2, .by = by}};
  std::string seen;
  for (int i = 0; i < 10; ++i) {
    boost::asio::post(on.worker(0), [&seen, i] { seen += static_cast<char>('a' + i); });
    boost::asio::post(on.worker(1), [&seen, i] { seen += static_cast<char>('A' + i); });
  }
  on.run_blocking([&seen] { seen += '1'; }, on.executor(), [&seen] { seen += '!'; });
  on.run_blocking([&seen] { seen += '2'; }, on.executor(), [&seen] { seen += '?'; });
  on.settle();
  while (time.advance_to_next()) on.settle();
  return seen;
}

std::string only(const std::string& of, bool (*which)(char)) {
  std::string kept;
  std::copy_if(of.begin(), of.end(), std::back_inserter(kept), which);
  return kept;
}

TEST_CASE("virtual thread: without dice loops take turns in their order, and blocking calls run in place") {
  CHECK(turns(nullptr) == "12abcdefghij!?ABCDEFGHIJ");
}

TEST_CASE(
    "virtual thread: dice interleave loops and blocking calls, keep each loop's order, and repeat with the seed") {
  std::set<std::string> different;
  bool swapped = false;
  for (std::uint64_t seed = 0; seed < 20; ++seed) {
    dice once{seed};
    dice again{seed};
    const auto seen = turns(&once);
    CHECK(seen == turns(&again));
    CHECK(seen.size() == 24);
    CHECK(only(seen, [](char c) { return c >= 'a' && c <= 'j'; }) == "abcdefghij");
    CHECK(only(seen, [](char c) { return c >= 'A' && c <= 'J'; }) == "ABCDEFGHIJ");
    CHECK(seen.find('1') < seen.find('!'));
    CHECK(seen.find('2') < seen.find('?'));
    swapped = swapped || seen.find('2') < seen.find('1');
    different.insert(seen);
  }
  CHECK(different.size() > 15);
  CHECK(swapped);
}

TEST_CASE("virtual thread: one that stands still goes on later, where it was") {
  virtual_clock time;
  async::virtual_thread a{time};
  std::vector<std::string> said;
  a.start(sleeper(a, said, "a"));
  a.settle();
  CHECK_FALSE(a.idle());
  a.suspend();
  time.advance_to_next(time.now() + 1h);
  CHECK_FALSE(a.step());
  CHECK(said.empty());
  a.resume();
  a.settle();
  CHECK(said.front() == "a woke");
  CHECK(a.idle());
}

TEST_CASE("virtual thread: a blocking call of one that is dropped never runs") {
  virtual_clock time;
  dice by{1};
  async::virtual_thread a{time, {.by = &by}};
  bool ran = false;
  for (int i = 0; i < 10; ++i) a.run_blocking([&ran] { ran = true; }, a.executor(), [] {});
  a.drop_all();
  CHECK_FALSE(time.next());
  CHECK_FALSE(a.step());
  CHECK_FALSE(ran);
}

}  // namespace
