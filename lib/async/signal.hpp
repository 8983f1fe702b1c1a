// Wakes a coroutine from any thread.
#pragma once

#include <corka/task.hpp>

#include <memory>

namespace corka::async {

/// Auto-reset flag with one waiter: `wait` returns once `notify` was called since the last wait. Many notifications
/// before the waiter looks are one wake-up.
///
/// Life: notifiers may outlive the signal; they then do nothing. Strand: waits and destruction on `ex`, which must be
/// single-threaded. Threads: a notifier may be called from any thread, also from inside a librdkafka callback: it takes
/// no lock of ours and posts at most one handler. Cancellation: `wait` supports total; a notification is not lost by
/// it.
class signal {
 public:
  /// Thread-safe handle for the side that notifies.
  class notifier {
   public:
    notifier() = default;
    void operator()() const noexcept;

   private:
    friend class signal;
    struct state;
    explicit notifier(std::shared_ptr<state> s) : state_{std::move(s)} {}
    std::shared_ptr<state> state_;
  };

  explicit signal(executor ex);
  signal(const signal&) = delete;
  signal& operator=(const signal&) = delete;
  ~signal();

  [[nodiscard]] const notifier& remote() const noexcept { return remote_; }
  void notify() const noexcept { remote_(); }
  [[nodiscard]] task<> wait();
  /// Takes a pending notification without waiting.
  bool try_wait() noexcept;

 private:
  notifier remote_;
};

}  // namespace corka::async
