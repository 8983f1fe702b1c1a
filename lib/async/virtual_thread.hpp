// One thread's loop on a clock that somebody else moves.
#pragma once

#include "async/execution.hpp"
#include "async/worker_loop.hpp"
#include "base/virtual_clock.hpp"

#include <cstddef>
#include <functional>

namespace corka::async {

/// Any number of these, each a process as far as what runs on it can tell, share a clock and the caller's thread: who
/// drives them chooses whose handler is next, and moves the time when none is ready.
///
/// Life: the clock outlives it, and it whatever waits on it; what is still suspended at the end is destroyed with it.
/// Threads: one. Errors: what handlers throw comes out of `step`.
class virtual_thread final : public execution {
 public:
  explicit virtual_thread(virtual_clock& time) : time_{time} {}

  [[nodiscard]] std::size_t workers() const noexcept override { return 1; }
  [[nodiscard]] corka::executor worker(std::size_t) const override { return loop_.get_executor(); }
  [[nodiscard]] corka::executor executor() const { return loop_.get_executor(); }
  [[nodiscard]] virtual_clock& time() const noexcept override { return time_; }
  /// Runs `call` in place; nothing at all once the thread was ended.
  void run_blocking(std::function<void()> call, corka::executor ex, std::function<void()> done) override;

  /// Starts `t`, which goes on as `step` lets it; what it throws comes out there.
  void start(task<> t);
  /// Runs one handler that is ready. False: none is. Time stands still.
  bool step() { return !ended_ && loop_.poll_one() > 0; }
  /// Runs all that is ready.
  void settle();

  /// As a process is killed: nothing of it runs any more, not even what was begun on the blocking pool. From any
  /// handler, its own too, which then runs on to where it waits next. Idempotent.
  void end() noexcept { ended_ = true; }
  [[nodiscard]] bool ended() const noexcept { return ended_; }
  /// Destroys every handler and suspended coroutine: destructors run, nothing else of them does. Not from a handler.
  void drop_all();

 private:
  virtual_clock& time_;
  mutable worker_loop loop_;
  bool ended_ = false;
};

}  // namespace corka::async
