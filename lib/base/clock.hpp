// The clock seam: everything timed asks here, so that tests run on virtual time.
#pragma once

#include <chrono>
#include <cstdint>

namespace corka {

/// Monotonic and wall time. Real in production; virtual in tests, where it moves only when nothing else can run.
///
/// Threads: safe. Waiting is async/timer.hpp's; it asks `arm` first.
class clock {
 public:
  using duration = std::chrono::nanoseconds;
  using time_point = std::chrono::time_point<std::chrono::steady_clock, duration>;

  /// Something that waits for a time of a virtual clock.
  struct alarm {
    virtual ~alarm() = default;
    virtual void ring() = 0;
  };

  clock() = default;
  clock(const clock&) = delete;
  clock& operator=(const clock&) = delete;
  virtual ~clock() = default;

  [[nodiscard]] virtual time_point now() const noexcept = 0;
  /// Milliseconds since 1970, for records.
  [[nodiscard]] virtual std::int64_t wall_ms() const noexcept = 0;

  /// A virtual clock keeps `a` and calls `a.ring()` once its time is `at`; answers true. A real clock answers false:
  /// the caller then uses the operating system's timers.
  virtual bool arm(time_point at, alarm& a) = 0;
  virtual void disarm(alarm& a) noexcept = 0;
};

/// The operating system's time.
class system_clock final : public clock {
 public:
  [[nodiscard]] time_point now() const noexcept override;
  [[nodiscard]] std::int64_t wall_ms() const noexcept override;
  bool arm(time_point, alarm&) override { return false; }
  void disarm(alarm&) noexcept override {}
};

}  // namespace corka
