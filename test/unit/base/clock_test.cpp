#include "base/clock.hpp"

#include "base/dice.hpp"
#include "base/virtual_clock.hpp"

#include <doctest/doctest.h>

#include <functional>
#include <optional>
#include <string>

using namespace corka;
using namespace std::chrono_literals;

namespace {

struct ringing final : clock::alarm {
  ringing(std::string& l, char n) : log{l}, name{n} {}
  void ring() override {
    log += name;
    if (then) then();
  }
  std::string& log;
  char name;
  std::function<void()> then;
};

}  // namespace

TEST_CASE("virtual clock: alarms ring in the order of their times, then of their arming") {
  virtual_clock time;
  std::string log;
  ringing a{log, 'a'};
  ringing b{log, 'b'};
  ringing c{log, 'c'};
  const auto begin = time.now();
  CHECK(time.arm(begin + 2s, a));
  CHECK(time.arm(begin + 1s, b));
  CHECK(time.arm(begin + 1s, c));
  CHECK(time.next() == begin + 1s);
  while (time.advance_to_next()) log += '@' + std::to_string((time.now() - begin) / 1s);
  CHECK(log == "b@1c@1a@2");
  CHECK(time.now() == begin + 2s);
  CHECK_FALSE(time.next());
}

TEST_CASE("virtual clock: without a due alarm time goes to the limit and no further") {
  virtual_clock time;
  std::string log;
  ringing a{log, 'a'};
  const auto begin = time.now();
  time.arm(begin + 10s, a);
  CHECK_FALSE(time.advance_to_next(begin + 3s));
  CHECK(time.now() == begin + 3s);
  CHECK(log.empty());
  CHECK(time.advance_to_next(begin + 10s));
  CHECK(log == "a");
  CHECK_FALSE(time.advance_to_next());
  CHECK(time.now() == begin + 10s);
}

TEST_CASE("virtual clock: a disarmed alarm does not ring; one armed anew rings once, at the new time") {
  virtual_clock time;
  std::string log;
  ringing a{log, 'a'};
  ringing b{log, 'b'};
  const auto begin = time.now();
  time.arm(begin + 1s, a);
  time.disarm(a);
  time.disarm(a);
  time.arm(begin + 1s, b);
  time.arm(begin + 5s, b);
  CHECK(time.advance_to_next());
  CHECK(time.now() == begin + 5s);
  CHECK_FALSE(time.advance_to_next());
  CHECK(log == "b");
}

TEST_CASE("virtual clock: time never goes back for an alarm in the past") {
  virtual_clock time;
  std::string log;
  ringing a{log, 'a'};
  time.advance_to_next(time.now() + 1h);
  const auto now = time.now();
  time.arm(now - 30min, a);
  CHECK(time.advance_to_next());
  CHECK(log == "a");
  CHECK(time.now() == now);
}

TEST_CASE("virtual clock: an alarm may arm itself again while it rings") {
  virtual_clock time;
  std::string log;
  ringing a{log, 'a'};
  a.then = [&] {
    if (log.size() < 3) time.arm(time.now() + 1s, a);
  };
  const auto begin = time.now();
  time.arm(begin + 1s, a);
  while (time.advance_to_next()) {}
  CHECK(log == "aaa");
  CHECK(time.now() == begin + 3s);
}

TEST_CASE("virtual clock: wall time starts in 2024 and moves along") {
  virtual_clock time;
  CHECK(time.wall_ms() == 1'704'067'200'000);
  time.advance_to_next(time.now() + 1500ms);
  CHECK(time.wall_ms() == 1'704'067'201'500);
}

TEST_CASE("system clock: it moves forward, knows the date, and leaves waiting to the operating system") {
  system_clock time;
  std::string log;
  ringing a{log, 'a'};
  const auto before = time.now();
  CHECK_FALSE(time.arm(before, a));
  time.disarm(a);
  CHECK(time.now() >= before);
  CHECK(time.wall_ms() > 1'704'067'200'000);
}

TEST_CASE(
    "virtual clock: after a jump what became due meanwhile rings at once, in its order, and time goes on from there") {
  virtual_clock time;
  std::string log;
  ringing a{log, 'a'};
  ringing b{log, 'b'};
  ringing c{log, 'c'};
  const auto begin = time.now();
  time.arm(begin + 2s, b);
  time.arm(begin + 1s, a);
  time.arm(begin + 2h, c);
  const auto wall = time.wall_ms();
  time.jump(1h);
  CHECK(time.wall_ms() == wall + 3'600'000);
  CHECK(time.advance_to_next());
  CHECK(time.advance_to_next());
  CHECK(log == "ab");
  CHECK(time.now() == begin + 1h);
  CHECK(time.advance_to_next());
  CHECK(time.now() == begin + 2h);
}

TEST_CASE("virtual clock: setting the machine's clock moves wall times and no alarm") {
  virtual_clock time;
  std::string log;
  ringing a{log, 'a'};
  const auto begin = time.now();
  const auto wall = time.wall_ms();
  time.arm(begin + 1s, a);
  time.set_wall_by(-10min);
  CHECK(time.wall_ms() == wall - 600'000);
  CHECK_FALSE(time.advance_to_next(begin + 999ms));
  CHECK(time.advance_to_next());
}

TEST_CASE("virtual clock: alarms may be told to ring late") {
  virtual_clock time;
  std::string log;
  ringing a{log, 'a'};
  ringing b{log, 'b'};
  int armed = 0;
  time.set_lateness([&armed] { return ++armed == 1 ? 5ms : 0ms; });
  const auto begin = time.now();
  time.arm(begin + 1ms, a);
  time.arm(begin + 2ms, b);
  CHECK(time.advance_to_next());
  CHECK(time.advance_to_next());
  CHECK(log == "ba");
  CHECK(time.now() == begin + 6ms);
}

TEST_CASE("dice: a seed's numbers are the same everywhere, and parts have numbers of their own") {
  dice d{42};
  CHECK(d.roll() == 13'679'457'532'755'275'413U);
  CHECK(d.roll() == 2'949'826'092'126'892'291U);
  dice whole{7};
  dice one = whole.split(1);
  dice two = whole.split(2);
  CHECK(one.roll() != two.roll());
  for (int i = 0; i < 100; ++i) {
    CHECK(d.below(3) < 3);
    const auto n = d.between(-2, 2);
    CHECK((n >= -2 && n <= 2));
  }
}
