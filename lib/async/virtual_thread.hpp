// A process's threads on a clock that somebody else moves.
#pragma once

#include "async/execution.hpp"
#include "async/worker_loop.hpp"
#include "base/dice.hpp"
#include "base/virtual_clock.hpp"

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <list>
#include <memory>
#include <vector>

namespace corka::async {

struct virtual_thread_options {
  /// Loops, each a strand by itself.
  std::size_t workers = 1;
  /// Nothing: loops take turns in their order, and blocking calls run in place. Else they decide which loop is next and
  /// when a blocking call runs; what one loop was given stays in order. Outlive the thread.
  dice* by = nullptr;
  /// With dice: a blocking call may take this long.
  clock::duration slowest = std::chrono::milliseconds{50};
};

/// Any number of these, each a process as far as what runs on it can tell, share a clock and the caller's thread: who
/// drives them chooses whose handler is next, and moves the time when none is ready.
///
/// Life: the clock outlives it, and it whatever waits on it; what is still suspended at the end is destroyed with it.
/// Threads: one. Errors: what handlers throw comes out of `step`.
class virtual_thread final : public execution {
 public:
  explicit virtual_thread(virtual_clock& time, virtual_thread_options options = {});
  virtual_thread(const virtual_thread&) = delete;
  virtual_thread& operator=(const virtual_thread&) = delete;
  ~virtual_thread() override { drop_all(); }

  [[nodiscard]] std::size_t workers() const noexcept override { return loops_.size(); }
  [[nodiscard]] corka::executor worker(std::size_t i) const override { return loops_.at(i)->get_executor(); }
  [[nodiscard]] corka::executor executor() const { return worker(0); }
  [[nodiscard]] virtual_clock& time() const noexcept override { return time_; }
  /// In place, or as the dice say; not at all once the thread was ended.
  void run_blocking(std::function<void()> call, corka::executor ex, std::function<void()> done) override;

  /// Starts `t`, which goes on as `step` lets it; what it throws comes out there.
  void start(task<> t);
  /// Runs one handler, or blocking call, that is ready. False: none is. Time stands still.
  bool step();
  /// Runs all that is ready.
  void settle();

  /// As a process is killed: nothing of it runs any more, not even what was begun on the blocking pool. From any
  /// handler, its own too, which then runs on to where it waits next. Idempotent.
  void end() noexcept { ended_ = true; }
  [[nodiscard]] bool ended() const noexcept { return ended_; }
  /// Destroys every handler and suspended coroutine: destructors run, nothing else of them does. Not from a handler.
  void drop_all();

  /// As a process that got SIGSTOP: nothing of it runs until `resume`, while time goes on.
  void suspend() noexcept { suspended_ = true; }
  void resume() noexcept { suspended_ = false; }
  [[nodiscard]] bool suspended() const noexcept { return suspended_; }

  /// Every coroutine that ran here has ended, and nothing is ready. Not from a handler.
  [[nodiscard]] bool idle();

 private:
  /// A blocking call: ready at once, or when its alarm has rung.
  struct job final : clock::alarm {
    std::function<void()> call;
    corka::executor ex;
    std::function<void()> done;
    bool ready = true;
    void ring() override { ready = true; }
  };

  [[nodiscard]] bool turn_of(std::size_t seat);
  [[nodiscard]] bool run_job();
  bool step_by_dice();

  virtual_clock& time_;
  virtual_thread_options options_;
  std::vector<std::unique_ptr<worker_loop>> loops_;
  std::list<job> jobs_;             // that have not run
  std::vector<std::size_t> order_;  // of the loops and, behind them, the jobs; reused
  std::size_t stalled_ = 0;         // one that is passed over,
  std::uint64_t stalled_for_ = 0;   // for so many turns
  bool ended_ = false;
  bool suspended_ = false;
};

}  // namespace corka::async
