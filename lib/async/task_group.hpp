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
/// The first exception is kept and thrown by `join`; it also calls `on_failure`, so that the owner can stop the others. A
/// child that ends because it was cancelled (operation_aborted) is not a failure.
/// Strand: every member on `ex`. Cancellation: `cancel` cancels every child (terminal). Life: destroyed only after `join`.
class task_group {
 public:
  explicit task_group(executor ex);
  task_group(const task_group&) = delete;
  task_group& operator=(const task_group&) = delete;
  ~task_group();

  void spawn(task<> child);
  void on_failure(std::function<void()> f);
  void cancel();
  [[nodiscard]] std::size_t running() const noexcept;
  [[nodiscard]] task<> join();

 private:
  struct impl;
  std::shared_ptr<impl> impl_;
};

}  // namespace corka::async
