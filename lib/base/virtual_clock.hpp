// Time that stands still until somebody moves it.
#pragma once

#include "base/clock.hpp"

#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <unordered_map>
#include <utility>

namespace corka {

/// A clock for tests and simulations, single-threaded: alarms ring in order of their time, then of their arming.
///
/// The driver runs everything that is ready, then calls `advance_to_next`. Threads: one.
class virtual_clock final : public clock {
 public:
  /// Starts at 2024-01-01T00:00:00Z, so that wall times look like wall times.
  explicit virtual_clock(std::int64_t wall_start_ms = 1'704'067'200'000) : wall_start_ms_{wall_start_ms} {}

  [[nodiscard]] time_point now() const noexcept override { return now_; }
  [[nodiscard]] std::int64_t wall_ms() const noexcept override;
  bool arm(time_point at, alarm& a) override;
  void disarm(alarm& a) noexcept override;

  /// From now on alarms ring later than they were armed for, each by what `lateness` says then.
  void set_lateness(std::function<duration()> lateness) { lateness_ = std::move(lateness); }
  /// As after a machine slept: time has passed, and all that became due meanwhile rings next.
  void jump(duration d) { now_ += d; }
  /// As when somebody set the machine's clock, in either direction: wall times differ from now on, timers do not.
  void set_wall_by(std::chrono::milliseconds d) { wall_start_ms_ += d.count(); }

  /// When the next alarm is due, if any is armed.
  [[nodiscard]] std::optional<time_point> next() const;
  /// Moves to the next alarm, if it is due by `limit`, and rings it; false: none is, and the time is now `limit` (where
  /// it was, if there is no limit).
  bool advance_to_next(time_point limit = time_point::max());

 private:
  std::int64_t wall_start_ms_;
  time_point now_{};
  std::function<duration()> lateness_;
  std::uint64_t armed_ = 0;
  using due = std::pair<time_point, std::uint64_t>;
  std::map<due, alarm*> alarms_;
  std::unordered_map<const alarm*, due> where_;
};

}  // namespace corka
