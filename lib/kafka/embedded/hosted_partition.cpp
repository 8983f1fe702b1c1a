#include "kafka/embedded/hosted_partition.hpp"

#include <algorithm>
#include <utility>

namespace corka::kafka::embedded {

std::int64_t hosted_partition::append(frame_builder& frame) {
  const auto base = log_.append(frame);
  const std::lock_guard lock{mutex_};
  for (auto* w : waiters_) {
    if (std::exchange(w->armed, false)) w->arrived();
  }
  return base;
}

void hosted_partition::add(waiter& w) {
  const std::lock_guard lock{mutex_};
  waiters_.push_back(&w);
}

void hosted_partition::remove(waiter& w) noexcept {
  const std::lock_guard lock{mutex_};
  waiters_.erase(std::remove(waiters_.begin(), waiters_.end(), &w), waiters_.end());
}

bool hosted_partition::arm(waiter& w, std::int64_t position) {
  const std::lock_guard lock{mutex_};
  // Looked at under the lock: an append that came before it is seen here, one that comes after it sees `armed`.
  if (log_.range().high.value > position) return false;
  w.armed = true;
  return true;
}

void hosted_partition::wake_all() {
  const std::lock_guard lock{mutex_};
  for (auto* w : waiters_) {
    w->armed = false;
    w->arrived();
  }
}

}  // namespace corka::kafka::embedded
