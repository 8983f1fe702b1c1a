#include "table/follow_counts.hpp"

#include <algorithm>

namespace corka::tables {

void follow_counts::watch(const recovery_progress* progress) {
  const std::lock_guard lock{mutex_};
  if (progress_ != nullptr) {
    last_ = progress_->status();
    records_in.add(last_ ? last_->records : 0);
    bytes_in.add(progress_->bytes());
  }
  progress_ = progress;
}

std::optional<recovery_status> follow_counts::recovery() const {
  const std::lock_guard lock{mutex_};
  return progress_ != nullptr ? progress_->status() : last_;
}

void follow_counts::fill(copy_status& into, std::int64_t now_ms) const {
  into.state = state;
  into.rows = rows;
  into.bytes = bytes;
  into.written = written.value();
  into.recoveries = recoveries.value();
  if (const auto complete = complete_ms.load(); complete > 0) {
    into.lag_time = std::chrono::milliseconds{std::max<std::int64_t>(0, now_ms - complete)};
  }
  auto at = position.load();
  auto high = end.load();
  std::uint64_t recovered_records = 0;
  std::uint64_t recovered_bytes = 0;
  {
    const std::lock_guard lock{mutex_};
    into.recovery = progress_ != nullptr ? progress_->status() : last_;
    if (progress_ != nullptr && into.recovery) {
      at = into.recovery->position.value;
      high = std::max(high, into.recovery->end.value);
      recovered_records = into.recovery->records;
      recovered_bytes = progress_->bytes();
    }
    into.in = {records_in.value() + recovered_records, bytes_in.value() + recovered_bytes};
  }
  if (at >= 0) into.position = offset{at};
  if (high >= 0) into.end = offset{high};
  // The end is heard with fetches and may be older than what was read since.
  if (at >= 0 && high >= 0) into.lag = std::max<std::int64_t>(0, high - at);
}

}  // namespace corka::tables
