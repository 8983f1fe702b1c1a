// Where a group begins that has committed nothing.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>

namespace corka {

/// The first record that a group reads of an input partition for which it has committed no offset.
///
/// A value. What the group has committed always comes first; so does a loop, whose records are the group's own
/// unfinished work: it is read from its beginning. The position is committed at once, so a group that starts at the end
/// and is restarted before it has done anything begins where it first did.
class start_position {
 public:
  /// The first record that the topic still has: nothing is lost.
  [[nodiscard]] static constexpr start_position earliest() noexcept { return start_position{from::earliest, 0}; }
  /// What is written from now on. Partitions that the topic grows by later begin at their end as of then, too.
  [[nodiscard]] static constexpr start_position latest() noexcept { return start_position{from::latest, 0}; }
  /// The first record with a timestamp at or after `time`, which may be finer than Kafka's milliseconds; the end where
  /// there is none.
  template <class Duration>
  [[nodiscard]] static constexpr start_position at(
      std::chrono::time_point<std::chrono::system_clock, Duration> time) noexcept {
    return start_position{from::time, std::chrono::ceil<std::chrono::milliseconds>(time).time_since_epoch().count()};
  }

  [[nodiscard]] constexpr bool is_earliest() const noexcept { return from_ == from::earliest; }
  [[nodiscard]] constexpr bool is_latest() const noexcept { return from_ == from::latest; }
  /// Milliseconds since 1970; of `at` only.
  [[nodiscard]] constexpr std::optional<std::int64_t> time_ms() const noexcept {
    return from_ == from::time ? std::optional{time_ms_} : std::nullopt;
  }

  friend constexpr bool operator==(const start_position&, const start_position&) = default;

 private:
  enum class from : std::uint8_t { earliest, latest, time };
  constexpr start_position(from f, std::int64_t ms) noexcept : from_{f}, time_ms_{ms} {}

  from from_;
  std::int64_t time_ms_;
};

}  // namespace corka
