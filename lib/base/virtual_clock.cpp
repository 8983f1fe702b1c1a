#include "base/virtual_clock.hpp"

#include <algorithm>

namespace corka {

std::int64_t virtual_clock::wall_ms() const noexcept {
  return wall_start_ms_ + std::chrono::duration_cast<std::chrono::milliseconds>(now_.time_since_epoch()).count();
}

bool virtual_clock::arm(time_point at, alarm& a) {
  disarm(a);
  // An alarm for the past rings next, but after those that were due earlier than now.
  const bool late = lateness_ && at < time_point::max() - std::chrono::hours{1};
  const due when{std::max(at, now_) + (late ? lateness_() : duration{}), armed_++};
  alarms_.emplace(when, &a);
  where_.emplace(&a, when);
  return true;
}

void virtual_clock::disarm(alarm& a) noexcept {
  const auto found = where_.find(&a);
  if (found == where_.end()) return;
  alarms_.erase(found->second);
  where_.erase(found);
}

std::optional<clock::time_point> virtual_clock::next() const {
  if (alarms_.empty()) return std::nullopt;
  return alarms_.begin()->first.first;
}

bool virtual_clock::advance_to_next(time_point limit) {
  if (alarms_.empty() || std::max(alarms_.begin()->first.first, now_) > limit) {
    if (limit != time_point::max()) now_ = std::max(now_, limit);
    return false;
  }
  now_ = std::max(now_, alarms_.begin()->first.first);  // not before now, if it jumped
  alarm& a = *alarms_.begin()->second;
  disarm(a);
  a.ring();
  return true;
}

}  // namespace corka
