#include "async/wake_list.hpp"

#include <utility>

namespace corka::async {

wake_list::place::place(wake_list& of, executor here) : of_{of}, woken_{std::move(here)} {
  const std::lock_guard lock{of_.mutex_};
  at_ = of_.places_.insert(of_.places_.end(), woken_.remote());
  ++of_.waiting_;
}

wake_list::place::~place() {
  const std::lock_guard lock{of_.mutex_};
  --of_.waiting_;
  of_.places_.erase(at_);
}

void wake_list::wake_all() noexcept {
  // Sequentially consistent on both sides: either we see who came, or they see what was changed.
  std::atomic_thread_fence(std::memory_order_seq_cst);
  if (waiting_ == 0) return;
  const std::lock_guard lock{mutex_};
  for (const auto& wake : places_) wake();
}

}  // namespace corka::async
