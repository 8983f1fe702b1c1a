// The threads that everything runs on.
#pragma once

#include "base/clock.hpp"

#include <corka/task.hpp>

#include <cstddef>
#include <functional>
#include <type_traits>

namespace corka::async {

/// Workers, the clock, and a place for calls that block.
///
/// A worker is one thread with one io_context, so its executor is a strand by itself. In tests there is one worker, the
/// test's own thread, and blocking calls run in place.
class execution {
 public:
  virtual ~execution() = default;

  [[nodiscard]] virtual std::size_t workers() const noexcept = 0;
  [[nodiscard]] virtual executor worker(std::size_t i) const = 0;
  [[nodiscard]] virtual clock& time() const noexcept = 0;
  /// Runs `call` where blocking harms nobody, then `done` on `ex`. `call` must not throw.
  virtual void run_blocking(std::function<void()> call, executor ex, std::function<void()> done) = 0;
};

/// Runs `call` on the blocking pool and returns its result on the calling coroutine's executor; what it throws is
/// thrown here. Not cancellable: what `call` refers to stays alive until it returned.
template <class F>
[[nodiscard]] task<std::invoke_result_t<F&>> blocking(execution& where, F call);

/// Awaits `t` on another strand and returns its result on the caller's. Not cancellable from here.
template <class T>
[[nodiscard]] task<T> run_on(executor there, task<T> t);

}  // namespace corka::async

#include "async/execution.ipp"  // IWYU pragma: keep
