// Ctrl-C and kill.
#pragma once

#include <functional>
#include <memory>

namespace corka::app_parts {

/// Calls `stop` at the first SIGINT or SIGTERM and ends the process at the second one, as that signal does by itself.
///
/// Life: from construction to destruction. Threads: one of its own, so that signals count also while all workers are
/// busy; `stop` is called there. Errors: none.
class stop_signals {
 public:
  explicit stop_signals(std::function<void(int signal)> stop);
  stop_signals(const stop_signals&) = delete;
  stop_signals& operator=(const stop_signals&) = delete;
  ~stop_signals();

 private:
  struct impl;
  std::unique_ptr<impl> impl_;
};

}  // namespace corka::app_parts
