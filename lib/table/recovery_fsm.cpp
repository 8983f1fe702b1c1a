#include "table/recovery_fsm.hpp"

#include <algorithm>

namespace corka::tables {

namespace {

std::string quoted(const std::string& text) { return "'" + text + "'"; }

std::string for_people(std::int64_t ms) {
  constexpr std::int64_t minute = 60'000;
  constexpr std::int64_t hour = 60 * minute;
  if (ms >= 2 * hour) return std::to_string(ms / hour) + " hours";
  if (ms >= 2 * minute) return std::to_string(ms / minute) + " minutes";
  return std::to_string(ms / 1'000) + " seconds";
}

/// Why these rows are not rows of the table, or nothing.
std::string another_table(const store::identity& local, const store::identity& table) {
  if (local.topic != table.topic)
    return "it is a copy of topic " + quoted(local.topic) + ", not of " + quoted(table.topic);
  if (local.partition != table.partition) {
    return "it is a copy of partition " + std::to_string(local.partition) + ", not of " +
           std::to_string(table.partition);
  }
  if (!local.topic_id.empty() && !table.topic_id.empty() && local.topic_id != table.topic_id) {
    return "topic " + quoted(table.topic) + " was deleted and made again since";
  }
  if (local.codec != table.codec)
    return "its values are of codec " + quoted(local.codec) + ", not " + quoted(table.codec);
  return {};
}

/// Why the changelog does not go on where the copy stands, or nothing.
std::string gap(const store::checkpoint& local, const changelog& log) {
  const auto at = local.changelog;
  const auto [low, high] = log.available;
  if (at > high) {
    return "it stands at offset " + std::to_string(at.value) + ", but the changelog ends at " +
           std::to_string(high.value);
  }
  if (at < low) {
    return "it stands at offset " + std::to_string(at.value) + ", but the changelog begins at " +
           std::to_string(low.value);
  }
  const auto age = log.now_ms - local.written_ms;
  if (at < high && local.written_ms != 0 && log.erasures_kept.count() != 0 && age > log.erasures_kept.count()) {
    return "it is " + for_people(age) + " old, and the changelog keeps erasures for " +
           for_people(log.erasures_kept.count()) + " only";
  }
  return {};
}

}  // namespace

recovery_fsm::action recovery_fsm::started(const std::optional<local_copy>& local, const changelog& log) {
  available_ = log.available;
  left_ = log.left;
  if (!local) return wiped();
  if (auto why = another_table(local->of, log.table); !why.empty()) return wipe{std::move(why)};
  if (auto why = gap(local->at, log); !why.empty()) return wipe{std::move(why)};
  end_ = available_.high;
  if (left_) end_ = std::min(end_, left_->from.value_or(local->at.changelog));
  return advanced(local->at.changelog);
}

recovery_fsm::action recovery_fsm::wiped() {
  end_ = available_.high;
  if (left_ && left_->from) end_ = std::min(end_, *left_->from);
  return advanced(available_.low);
}

recovery_fsm::action recovery_fsm::advanced(offset position) const {
  if (position >= end_) return done{position};
  return fetch{position};
}

}  // namespace corka::tables
