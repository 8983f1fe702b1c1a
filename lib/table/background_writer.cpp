#include "table/background_writer.hpp"

#include "async/strand_check.hpp"
#include "async/waiter.hpp"

#include <cassert>
#include <exception>
#include <utility>

namespace corka::tables {

/// Shared with the call on the other thread.
struct background_writer::state {
  state(const executor& strand, store::table_store& store, store::identity identity)
      : check{strand}, to{store}, of{std::move(identity)}, waiting{strand} {}

  async::strand_check check;
  store::table_store& to;
  store::identity of;
  std::unique_ptr<change_batch> batch = std::make_unique<change_batch>();
  store::checkpoint reached;
  bool busy = false;
  std::exception_ptr failed;
  async::waiter waiting;
};

background_writer::background_writer(async::execution& threads, executor strand, store::table_store& to,
                                     store::identity of)
    : threads_{threads}, strand_{strand}, state_{std::make_shared<state>(strand, to, std::move(of))} {}

std::unique_ptr<change_batch> background_writer::write(std::unique_ptr<change_batch> batch, store::checkpoint reached) {
  state_->check("background_writer::write");
  assert(!state_->busy);
  std::swap(state_->batch, batch);
  state_->reached = std::move(reached);
  state_->busy = true;
  auto call = [s = state_] {
    try {
      s->to.apply(s->batch->sorted(), s->of, s->reached);
    } catch (...) { s->failed = std::current_exception(); }
    s->batch->clear();
  };
  auto done = [s = state_] {
    s->busy = false;
    s->waiting.resume_now();
  };
  threads_.run_blocking(std::move(call), strand_, std::move(done));
  return batch;
}

task<> background_writer::idle() {
  const auto s = state_;
  s->check("background_writer::idle");
  if (s->busy) {
    const auto started = [] {};
    const auto not_cancelled = [] {};
    co_await s->waiting.suspend(started, not_cancelled);
  }
  if (s->failed) std::rethrow_exception(std::exchange(s->failed, nullptr));
}

}  // namespace corka::tables
