#include "async/signal.hpp"

#include "async/strand_check.hpp"
#include "async/waiter.hpp"

#include <boost/asio/post.hpp>

#include <atomic>
#include <cassert>
#include <cstdint>
#include <optional>
#include <thread>

namespace corka::async {

namespace {
// Bits of the one word that the two sides share; above them is the number of notifiers that are posting right now.
constexpr std::uint32_t pending = 1;  // notified since the last wait
constexpr std::uint32_t waiting = 2;  // a coroutine is suspended: who sets `pending` must wake it
constexpr std::uint32_t closed = 4;   // the signal is gone: nothing may be posted
constexpr std::uint32_t posting = 8;  // the first of the upper bits
}  // namespace

struct signal::notifier::state : std::enable_shared_from_this<state> {
  explicit state(const executor& on) : ex{on}, check{on} { sleeper.emplace(on); }

  void notify() {
    auto before = word.load(std::memory_order_relaxed);
    bool wakes = false;
    do {
      if ((before & closed) != 0) return;
      wakes = (before & (waiting | pending)) == waiting;
    } while (!word.compare_exchange_weak(before, (before | pending) + (wakes ? posting : 0)));
    if (!wakes) return;
    boost::asio::post(ex, [self = shared_from_this()] { self->wake(); });
    word.fetch_sub(posting);
  }

  // On the strand. The wait that it was posted for may have been cancelled, or be over already.
  void wake() {
    if (!sleeper || !sleeper->waiting() || (word.load() & pending) == 0) return;
    word.fetch_and(~(pending | waiting));
    sleeper->resume_now();
  }

  bool take() noexcept {
    if ((word.load(std::memory_order_relaxed) & pending) == 0) return false;
    word.fetch_and(~pending);
    return true;
  }

  void close() noexcept {
    word.fetch_or(closed);
    // The executor's context may be destroyed next: let those finish that saw the signal open. They do not block.
    while (word.load() >= posting) std::this_thread::yield();
    sleeper.reset();
    ex = {};
  }

  executor ex;
  strand_check check;
  std::atomic<std::uint32_t> word{0};
  std::optional<waiter> sleeper;
};

void signal::notifier::operator()() const noexcept {
  if (state_) state_->notify();
}

signal::signal(executor ex) : remote_{std::make_shared<notifier::state>(ex)} {}

signal::~signal() { remote_.state_->close(); }

// Not checked: it may be asked when its loop is gone.
bool signal::try_wait() noexcept { return remote_.state_->take(); }

task<> signal::wait() {
  const auto state = remote_.state_;
  state->check("signal::wait");
  if (state->take()) co_return;
  assert(!state->sleeper->waiting() && "a signal has one waiter");

  struct awake {
    notifier::state& of;
    ~awake() { of.word.fetch_and(~waiting); }
  } const at_end{*state};
  const auto armed = [s = state.get()] {
    const auto before = s->word.fetch_or(waiting);
    if ((before & pending) == 0) return;
    s->word.fetch_and(~(pending | waiting));
    s->sleeper->resume();
  };
  co_await state->sleeper->suspend(armed);
}

}  // namespace corka::async
