// Waiting on a clock, real or virtual.
#pragma once

#include "base/clock.hpp"

#include <corka/task.hpp>

#include <memory>

namespace corka::async {

/// One wait at a time on one strand.
///
/// Cancellation: total and terminal through the coroutine, or `cancel()`; both end the wait early.
class timer {
 public:
  timer(executor ex, clock& time);
  timer(const timer&) = delete;
  timer& operator=(const timer&) = delete;
  ~timer();

  /// True: the time came. False: `cancel` was called.
  [[nodiscard]] task<bool> wait_until(clock::time_point at);
  [[nodiscard]] task<bool> wait_for(clock::duration d);
  void cancel();

 private:
  struct impl;
  std::unique_ptr<impl> impl_;
};

/// Returns after `d` on the calling coroutine's executor. Throws operation_aborted when cancelled.
[[nodiscard]] task<> sleep_for(clock& time, clock::duration d);

}  // namespace corka::async
