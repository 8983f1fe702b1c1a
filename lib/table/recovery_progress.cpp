#include "table/recovery_progress.hpp"

#include <algorithm>
#include <chrono>
#include <utility>

namespace corka::tables {

void recovery_progress::started(offset from, offset end) noexcept {
  if (!has_started_.load(std::memory_order_relaxed)) started_ns_ = time_->now().time_since_epoch().count();
  from_ = from.value;
  position_ = from.value;
  end_ = end.value;
  has_started_ = true;
}

void recovery_progress::advanced(offset position, std::uint64_t records, std::uint64_t bytes) noexcept {
  position_.store(position.value, std::memory_order_relaxed);
  records_.fetch_add(records, std::memory_order_relaxed);
  bytes_.fetch_add(bytes, std::memory_order_relaxed);
}

void recovery_progress::dropped(std::string why) {
  const std::lock_guard lock{guard_};
  why_dropped_ = std::move(why);
}

void recovery_progress::finished() noexcept {
  finished_ns_ = time_->now().time_since_epoch().count();
  has_finished_ = true;
}

std::optional<recovery_status> recovery_progress::status() const {
  if (!has_started_) return std::nullopt;
  recovery_status s;
  s.position = offset{position_.load()};
  s.end = offset{end_.load()};
  s.records = records_.load();
  const auto until = has_finished_ ? finished_ns_.load() : time_->now().time_since_epoch().count();
  s.elapsed =
      std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::nanoseconds{until - started_ns_.load()});
  // Offsets, not records, so that holes count as what they are: passed.
  const auto passed = s.position.value - from_.load();
  const auto left = std::max<std::int64_t>(0, s.end.value - s.position.value);
  if (has_finished_) s.remaining = std::chrono::milliseconds{0};
  else if (passed > 0) s.remaining = s.elapsed * left / passed;
  const std::lock_guard lock{guard_};
  s.reason = why_dropped_;
  return s;
}

}  // namespace corka::tables
