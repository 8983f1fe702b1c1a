// A partition on the broker: its log, and who waits for more.
#pragma once

#include "async/signal.hpp"
#include "kafka/embedded/partition_log.hpp"

#include <cstdint>
#include <mutex>
#include <vector>

namespace corka::kafka::embedded {

/// Threads: safe.
class hosted_partition {
 public:
  /// A reader that found nothing new.
  struct waiter {
    async::signal::notifier arrived;
    bool armed = false;  ///< under the partition's lock
  };

  hosted_partition(partition_log::settings with, const logger& log) : log_{std::move(with), log} {}

  [[nodiscard]] partition_log& log() noexcept { return log_; }
  [[nodiscard]] const partition_log& log() const noexcept { return log_; }

  /// Appends and wakes. @throws error{errc::store_failed}.
  std::int64_t append(frame_builder& frame);

  void add(waiter& w);
  void remove(waiter& w) noexcept;
  /// Wakes `w` at the next append; false: there is something above `position` already.
  bool arm(waiter& w, std::int64_t position);
  /// Wakes everybody, as what they may read has changed by something else than an append.
  void wake_all();

 private:
  partition_log log_;
  std::mutex mutex_;
  std::vector<waiter*> waiters_;
};

}  // namespace corka::kafka::embedded
