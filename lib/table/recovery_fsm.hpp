// The decisions of a recovery.
#pragma once

#include "store/store.hpp"

#include <corka/ids.hpp>

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <variant>

namespace corka::tables {

/// The local copy as it is found: what of, and how far.
struct local_copy {
  store::identity of;
  store::checkpoint at;
};

/// What a recovery leaves to be followed.
struct tail {
  std::optional<offset> from;
};

/// The changelog partition as it is now.
struct changelog {
  store::identity table;
  offset_range available;
  /// Wall time now.
  std::int64_t now_ms = 0;
  /// How long the topic keeps tombstones (delete.retention.ms); 0 means for ever.
  std::chrono::milliseconds erasures_kept{0};
  /// Set: the recovery ends there already, as somebody wants to see what comes after. A copy that stands behind it, and
  /// any usable copy where `from` is nothing, is recovered as it is.
  std::optional<tail> left{};
};

/// Decides what a table partition does next while it recovers. No I/O, no clock.
///
/// The copy is recovered once the position reaches the changelog's end as it was at the start, or the tail that is to
/// be left; the position, not a record: compaction and transaction markers leave holes, also before the end.
class recovery_fsm {
 public:
  /// Read on from here.
  struct fetch {
    offset from;
  };
  /// The local copy is stale: drop it, then call wiped().
  struct wipe {
    std::string why;
  };
  /// The table is usable.
  struct done {
    offset at;
  };
  using action = std::variant<fetch, wipe, done>;

  /// Also after the changelog turned out to be another than was thought.
  [[nodiscard]] action started(const std::optional<local_copy>& local, const changelog& log);
  [[nodiscard]] action wiped();
  [[nodiscard]] action advanced(offset position) const;
  /// Where it ends, after `started` and `wiped`.
  [[nodiscard]] offset end() const { return end_; }

 private:
  offset_range available_;
  std::optional<tail> left_;
  offset end_;
};

}  // namespace corka::tables
