// What the coroutines of one partition tell each other.
#pragma once

#include "async/event.hpp"
#include "async/timer.hpp"
#include "base/clock.hpp"

#include <algorithm>
#include <exception>
#include <functional>
#include <utility>
#include <vector>

namespace corka::partition {

/// Strand: the partition's. Flags only ever become true.
class control {
 public:
  control(const executor& strand, clock& time) : settled{strand}, strand_{strand}, time_{time} {}

  bool closing = false;  ///< nothing is under way any more: the side coroutines follow
  bool cut_off = false;  ///< what is under way is cancelled
  async::event settled;  ///< pulsed when something that was under way has ended, and when the partition is halted

  /// Told to end.
  [[nodiscard]] bool stopping() const noexcept { return stopping_; }
  /// Why the partition ends by itself; null if it does not.
  [[nodiscard]] const std::exception_ptr& failure() const noexcept { return failure_; }
  /// No record is taken any more.
  [[nodiscard]] bool halted() const noexcept { return stopping_ || failure_; }
  /// None of those that were taken begins either.
  [[nodiscard]] bool ends_at_once() const noexcept { return cut_off || failure_; }

  /// Called whenever the partition is halted: wakes what waits for something else than `settled`.
  void on_halt(std::function<void()> f) { on_halt_ = std::move(f); }

  void stop() {
    stopping_ = true;
    halt();
  }
  /// The first failure counts.
  void fail(std::exception_ptr why) {
    if (!failure_) failure_ = std::move(why);
    halt();
  }
  /// Returns after the next pulse.
  [[nodiscard]] task<> next_settled() {
    settled.reset();
    return settled.wait();
  }
  /// False: the partition was halted meanwhile.
  [[nodiscard]] task<bool> sleep(clock::duration d) {
    if (halted()) co_return false;
    struct asleep {
      control& by;
      async::timer timer;
      explicit asleep(control& c) : by{c}, timer{c.strand_, c.time_} { by.sleepers_.push_back(&timer); }
      ~asleep() { std::erase(by.sleepers_, &timer); }
    } me{*this};
    co_await me.timer.wait_for(d);
    co_return !halted();
  }

 private:
  void halt() {
    settled.set();
    for (auto* timer : sleepers_) timer->cancel();
    if (on_halt_) on_halt_();
  }

  executor strand_;
  clock& time_;
  bool stopping_ = false;
  std::exception_ptr failure_;
  std::vector<async::timer*> sleepers_;
  std::function<void()> on_halt_;
};

}  // namespace corka::partition
