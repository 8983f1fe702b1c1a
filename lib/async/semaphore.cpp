#include "async/semaphore.hpp"

#include "async/signal.hpp"

#include <boost/asio/this_coro.hpp>

#include <algorithm>
#include <deque>
#include <mutex>

namespace corka::async {

struct semaphore::pass::state {
  struct waiter {
    explicit waiter(executor ex) : wake{std::move(ex)} {}
    signal wake;
    bool given = false;
  };

  std::mutex mutex;  // guards what follows
  std::size_t left;
  std::deque<waiter*> waiting;

  explicit state(std::size_t passes) : left{passes} {}

  /// With the mutex held.
  void give_back() {
    if (waiting.empty()) {
      ++left;
      return;
    }
    waiting.front()->given = true;
    waiting.front()->wake.notify();
    waiting.pop_front();
  }
  void leave_queue(waiter& w) {
    const std::lock_guard lock{mutex};
    if (w.given) give_back();
    else std::erase(waiting, &w);
  }
};

semaphore::semaphore(std::size_t passes) : state_{std::make_shared<pass::state>(passes)} {}

semaphore::pass::~pass() {
  if (!of_) return;
  const std::lock_guard lock{of_->mutex};
  of_->give_back();
}

task<semaphore::pass> semaphore::enter() {
  const auto state = state_;
  const executor here = co_await boost::asio::this_coro::executor;
  pass::state::waiter me{here};
  {
    const std::lock_guard lock{state->mutex};
    if (state->left > 0) {
      --state->left;
      me.given = true;
    } else {
      state->waiting.push_back(&me);
    }
  }
  // Also when the wait is cancelled, after the pass was given or before.
  struct in_queue {
    pass::state* of;
    pass::state::waiter& who;
    ~in_queue() {
      if (of != nullptr) of->leave_queue(who);
    }
  } queued{state.get(), me};
  const auto given = [&] {
    const std::lock_guard lock{state->mutex};
    return me.given;
  };
  while (!given()) co_await me.wake.wait();
  queued.of = nullptr;
  co_return pass{state};
}

}  // namespace corka::async
