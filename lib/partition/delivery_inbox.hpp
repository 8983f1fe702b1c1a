// Carries delivery reports from the transport's thread to the partition's strand.
#pragma once

#include "async/signal.hpp"
#include "kafka/ports.hpp"

#include <mutex>
#include <span>
#include <vector>

namespace corka::partition {

/// Life: shared with the producer, which may still be inside `delivered` when the partition is gone.
class delivery_inbox final : public kafka::delivery_sink {
 public:
  explicit delivery_inbox(async::signal::notifier wake) : wake_{std::move(wake)} {}

  void delivered(std::span<const kafka::delivery_report> reports) noexcept override {
    bool was_empty = false;
    {
      const std::lock_guard lock{mutex_};
      was_empty = waiting_.empty();
      waiting_.insert(waiting_.end(), reports.begin(), reports.end());
    }
    if (was_empty) wake_();
  }

  /// Swaps what has come with `into`, which is cleared first.
  void take(std::vector<kafka::delivery_report>& into) {
    into.clear();
    const std::lock_guard lock{mutex_};
    waiting_.swap(into);
  }

 private:
  async::signal::notifier wake_;
  std::mutex mutex_;
  std::vector<kafka::delivery_report> waiting_;
};

}  // namespace corka::partition
