#include "async/virtual_thread.hpp"
#include "async/signal.hpp"
#include "async/timer.hpp"

#include <doctest/doctest.h>

#include <memory>
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

}  // namespace
