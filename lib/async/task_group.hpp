// Child coroutines with a parent that waits for them.
#pragma once

#include "async/event.hpp"

#include <corka/task.hpp>

#include <cstddef>
#include <exception>
#include <functional>
#include <memory>

namespace corka::async {

/// Runs coroutines on one strand and waits for all of them: none outlives the group's `join`.
///
/// The first exception is kept and thrown by `join`; it also calls `on_failure`, so that the owner can stop the others.
/// A child that ends because it was cancelled (operation_aborted) is not a failure. Strand: every member on `ex`. Life:
/// destroyed only after `join`. Cancellation: `cancel` cancels every child that runs now (terminal). A coroutine that
/// is cancelled while it joins cancels the children and waits on for them. One that is cancelled already cannot await
/// anything, so its owner sets `this_coro::throw_if_cancelled(false)` before it joins, or leaves joining to a coroutine
/// that is not cancelled.
class task_group {
 public:
  explicit task_group(executor ex);
  task_group(const task_group&) = delete;
  task_group& operator=(const task_group&) = delete;
  ~task_group();

  /// Starts `child` at once, up to its first suspension, when called on the strand.
  void spawn(task<> child);
  /// Called once, at the first failure.
  void on_failure(std::function<void()> f);
  void cancel();
  [[nodiscard]] std::size_t running() const noexcept;
  /// Waits until no child is left, and throws the first failure, once. One coroutine at a time; the group may be used
  /// again.
  [[nodiscard]] task<> join();

 private:
  struct impl;
  std::shared_ptr<impl> impl_;
};

}  // namespace corka::async
