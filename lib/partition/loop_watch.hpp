// Notices when a loop falls behind its retention.
#pragma once

#include <chrono>
#include <optional>

namespace corka::partition {

/// Compares the age of a loop's oldest unprocessed record with how long the topic keeps records. Each level is reported
/// once, and again only after the loop has recovered. No I/O, no clock; one strand.
class loop_watch {
 public:
  enum class level {
    fine,
    close,   ///< three quarters of the retention are used up
    losing,  ///< records are deleted unprocessed
  };

  explicit loop_watch(std::chrono::milliseconds retention) : retention_{retention} {}

  /// `age`: nothing where all is processed, or where it is not known. Returns a level to be warned of, or nothing.
  std::optional<level> look(std::optional<std::chrono::milliseconds> age) {
    const auto now = level_of(age.value_or(std::chrono::milliseconds{0}));
    // Half is the way back: an age that wavers around a border is reported once.
    if (!age || *age < retention_ / 2) reported_ = level::fine;
    if (now <= reported_) return std::nullopt;
    reported_ = now;
    return now;
  }
  [[nodiscard]] std::chrono::milliseconds retention() const { return retention_; }

 private:
  [[nodiscard]] level level_of(std::chrono::milliseconds age) const {
    if (age >= retention_) return level::losing;
    return age >= retention_ / 4 * 3 ? level::close : level::fine;
  }

  std::chrono::milliseconds retention_;
  level reported_ = level::fine;
};

}  // namespace corka::partition
