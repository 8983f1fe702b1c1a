// Finds code that runs on the wrong thread, in builds with assertions.
#pragma once

#include <corka/task.hpp>

#include <atomic>
#include <thread>

namespace corka::async {

/// Kept by an object that lives on one strand, called by its members: ends the program, naming the member, where it is
/// used on another thread than the one that runs `ex`. Free of cost, and of effect, with NDEBUG.
///
/// Until the strand itself has used the object, and wherever the strand's thread uses it outside its loop, nothing is
/// said: objects are made and destroyed by whoever owns them.
class strand_check {
 public:
#ifdef NDEBUG
  explicit strand_check(const executor&) {}
  void operator()(const char*) const noexcept {}
  [[nodiscard]] bool right() const noexcept { return true; }
#else
  explicit strand_check(executor ex);
  void operator()(const char* member) const noexcept;
  /// Whether a use here and now is one on the strand, as far as can be told.
  [[nodiscard]] bool right() const noexcept;

 private:
  executor ex_;
  mutable std::atomic<std::thread::id> seen_{};
#endif
};

}  // namespace corka::async
