// The time of a record.
#pragma once

#include <chrono>
#include <compare>
#include <cstdint>

namespace corka {

/// Milliseconds since 1970, as Kafka keeps them: any 64 bits.
///
/// `std::chrono::system_clock` counts nanoseconds in as many bits and ends in the year 2262; a producer may have sent
/// what lies beyond, such as microseconds taken for milliseconds. A record that is passed on keeps its time exactly:
/// `ctx.emit(to, value, {.timestamp = corka::record_time{ctx.timestamp_ms()}})`. A value.
class record_time {
 public:
  constexpr explicit record_time(std::int64_t ms) noexcept : ms_{ms} {}
  /// The millisecond that has begun. Not explicit: a time of the clock is a record's time, too.
  template <class Duration>
  constexpr record_time(std::chrono::time_point<std::chrono::system_clock, Duration> at) noexcept
      : ms_{std::chrono::floor<std::chrono::milliseconds>(at).time_since_epoch().count()} {}

  [[nodiscard]] constexpr std::int64_t ms() const noexcept { return ms_; }

  /// As a time of the clock; what is beyond it is its first or last millisecond.
  [[nodiscard]] constexpr std::chrono::system_clock::time_point on_clock() const noexcept {
    using std::chrono::milliseconds;
    using duration = std::chrono::system_clock::duration;
    constexpr auto first = std::chrono::ceil<milliseconds>(duration::min());
    constexpr auto last = std::chrono::floor<milliseconds>(duration::max());
    const milliseconds exact{ms_};
    return std::chrono::system_clock::time_point{exact < first ? first : exact > last ? last : exact};
  }

  friend constexpr auto operator<=>(const record_time&, const record_time&) = default;

 private:
  std::int64_t ms_;
};

}  // namespace corka
