// What a follower counts, for whoever looks.
#pragma once

#include "base/counter.hpp"
#include "table/recovery_progress.hpp"

#include <corka/status.hpp>

#include <atomic>
#include <cstdint>
#include <mutex>
#include <optional>

namespace corka::tables {

/// Written by the follower's strand, read by any thread.
class follow_counts {
 public:
  std::atomic<copy_state> state{copy_state::idle};
  std::atomic<std::int64_t> position{-1};  ///< -1: not known yet
  std::atomic<std::int64_t> end{-1};
  std::atomic<std::int64_t> complete_ms{0};  ///< wall time as of which the copy is complete; 0: not known yet
  std::atomic<std::uint64_t> rows{0};
  std::atomic<std::uint64_t> bytes{0};
  counter records_in;
  counter bytes_in;
  counter written;
  counter recoveries;

  /// From now on, until the next call, `progress` is a recovery that lives; nothing: it has ended.
  void watch(const recovery_progress* progress);
  [[nodiscard]] std::optional<recovery_status> recovery() const;
  /// Fills all but the name; `now_ms` is wall time.
  void fill(copy_status& into, std::int64_t now_ms) const;

 private:
  mutable std::mutex mutex_;  // guards the two below
  const recovery_progress* progress_ = nullptr;
  std::optional<recovery_status> last_;
};

}  // namespace corka::tables
