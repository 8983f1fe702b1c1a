// Ctrl-C and kill.
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <optional>

namespace corka::app_parts {

/// What signals mean, by when they come.
///
/// What comes within `one_wish` of the first says nothing new: who runs programs for others (timeout, npm, shells)
/// often sends a signal to the program and to its group.
class stop_wishes {
 public:
  enum class wish { stop, nothing_new, end_at_once };

  explicit stop_wishes(std::chrono::milliseconds one_wish) : one_wish_{one_wish} {}
  wish heard(std::chrono::steady_clock::time_point now) {
    if (!first_) {
      first_ = now;
      return wish::stop;
    }
    return now - *first_ < one_wish_ ? wish::nothing_new : wish::end_at_once;
  }

 private:
  std::chrono::milliseconds one_wish_;
  std::optional<std::chrono::steady_clock::time_point> first_;
};

/// Calls `stop` at the first SIGINT or SIGTERM and ends the process at the second one, as that signal does by itself.
///
/// Life: from construction to destruction. Threads: one of its own, so that signals count also while all workers are
/// busy; `stop` is called there. Errors: none.
class stop_signals {
 public:
  explicit stop_signals(std::function<void(int signal)> stop,
                        std::chrono::milliseconds one_wish = std::chrono::milliseconds{250});
  stop_signals(const stop_signals&) = delete;
  stop_signals& operator=(const stop_signals&) = delete;
  ~stop_signals();

 private:
  struct impl;
  std::unique_ptr<impl> impl_;
};

}  // namespace corka::app_parts
