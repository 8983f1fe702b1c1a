// Coroutines of any strand that wait for something to change.
#pragma once

#include "async/signal.hpp"

#include <corka/task.hpp>

#include <atomic>
#include <cstddef>
#include <list>
#include <mutex>

namespace corka::async {

/// Wakes everybody who has a place in it. Who changes something changes it first and calls `wake_all` then; who waits
/// takes a place first and looks then, so that no change is missed:
///
///   wake_list::place here{list, co_await this_coro::executor};
///   while (!so()) co_await here.wait();
///
/// Life: outlives its places. Threads: `wake_all` any, places any; one place on one strand, which must be
/// single-threaded. Where nobody waits, `wake_all` takes no lock. Cancellation: `wait` supports total.
class wake_list {
 public:
  class place {
   public:
    place(wake_list& of, executor here);
    place(const place&) = delete;
    place& operator=(const place&) = delete;
    ~place();

    /// Returns after a `wake_all` since the last wait.
    [[nodiscard]] task<> wait() { return woken_.wait(); }

   private:
    wake_list& of_;
    signal woken_;
    std::list<signal::notifier>::iterator at_;
  };

  wake_list() = default;
  wake_list(const wake_list&) = delete;
  wake_list& operator=(const wake_list&) = delete;

  void wake_all() noexcept;

 private:
  std::atomic<std::size_t> waiting_{0};
  std::mutex mutex_;
  std::list<signal::notifier> places_;
};

}  // namespace corka::async
