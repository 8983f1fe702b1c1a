// How far a recovery is, for whoever looks.
#pragma once

#include "base/clock.hpp"

#include <corka/ids.hpp>
#include <corka/status.hpp>

#include <atomic>
#include <cstdint>
#include <mutex>
#include <optional>
#include <string>

namespace corka::tables {

/// Written by the recovery, on its strand; read from any thread.
class recovery_progress {
 public:
  explicit recovery_progress(const clock& time) : time_{&time} {}

  void started(offset from, offset end) noexcept;
  void advanced(offset position, std::uint64_t records, std::uint64_t bytes) noexcept;
  void dropped(std::string why);
  void finished() noexcept;

  /// Nothing before the start.
  [[nodiscard]] std::optional<recovery_status> status() const;
  /// Keys and values read.
  [[nodiscard]] std::uint64_t bytes() const noexcept { return bytes_.load(std::memory_order_relaxed); }

 private:
  const clock* time_;
  std::atomic<std::int64_t> started_ns_{0};
  std::atomic<std::int64_t> finished_ns_{0};
  std::atomic<bool> has_started_{false};
  std::atomic<bool> has_finished_{false};
  std::atomic<std::int64_t> from_{0};
  std::atomic<std::int64_t> position_{0};
  std::atomic<std::int64_t> end_{0};
  std::atomic<std::uint64_t> records_{0};
  std::atomic<std::uint64_t> bytes_{0};
  mutable std::mutex guard_;
  std::string why_dropped_;
};

}  // namespace corka::tables
