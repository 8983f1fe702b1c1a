#include "async/event.hpp"

#include "async/strand_check.hpp"
#include "async/waiter.hpp"

namespace corka::async {

struct event::impl {
  explicit impl(const executor& on) : ex{on}, check{on} {}

  executor ex;
  strand_check check;
  bool set = false;
  waiter_list waiting;
};

event::event(executor ex) : impl_{std::make_unique<impl>(ex)} {}

event::~event() = default;

void event::set() {
  impl_->check("event::set");
  impl_->set = true;
  while (!impl_->waiting.empty()) {
    auto& first = impl_->waiting.front();
    impl_->waiting.pop_front();
    first.resume();
  }
}

void event::reset() noexcept {
  impl_->check("event::reset");
  impl_->set = false;
}

bool event::is_set() const noexcept { return impl_->set; }

task<> event::wait() {
  impl_->check("event::wait");
  if (impl_->set) co_return;
  waiter w{impl_->ex};
  const auto enlist = [this, &w] { impl_->waiting.push_back(w); };
  co_await w.suspend(enlist);
}

}  // namespace corka::async
