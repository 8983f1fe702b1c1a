// Something that happens once and that many may await.
#pragma once

#include <corka/task.hpp>

#include <memory>

namespace corka::async {

/// Manual-reset event for coroutines of one strand.
///
/// Strand: every member on `ex`. Life: outlives its waiters. Cancellation: `wait` supports total.
class event {
 public:
  explicit event(executor ex);
  event(const event&) = delete;
  event& operator=(const event&) = delete;
  ~event();

  /// Lets every waiter, and all later ones until `reset`, go on.
  void set();
  void reset() noexcept;
  [[nodiscard]] bool is_set() const noexcept;
  [[nodiscard]] task<> wait();

 private:
  struct impl;
  std::unique_ptr<impl> impl_;
};

}  // namespace corka::async
