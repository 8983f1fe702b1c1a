// Who wants to know what changes in a table.
#pragma once

#include <corka/ids.hpp>
#include <corka/task.hpp>

#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

namespace corka::tables {

/// What a batch of changelog records did to one row. Not reported: records that left it as it was.
struct row_change {
  std::string_view key;
  /// Nothing: there was no such row; or nobody wanted changes yet when the batch began, and somebody did at its end.
  std::optional<std::string_view> before;
  std::optional<std::string_view> after;  ///< nothing: it is erased
};

/// What one changelog record does to its row. Not reported: records that leave it as it is.
struct coming_change {
  std::string_view key;
  std::optional<std::string_view> before;  ///< nothing: there is no such row
  std::optional<std::string_view> after;   ///< nothing: it is erased
  offset at;
  std::int64_t timestamp_ms = -1;
};

/// Told by a follower, on its strand, once the store has what it tells of. The follower reads on when the task has
/// ended: who is slow slows the copy down. A process that ends in between has told nothing: this is no log of events.
/// What the tasks throw ends the follower.
struct table_listener {
  virtual ~table_listener() = default;
  /// False: what the next batch changes need not be found out, which costs a look at each row. Any thread.
  [[nodiscard]] virtual bool wants_changes() const noexcept { return true; }
  /// In the order of the keys, each key once: of several changes within a batch the last one counts. The views, and
  /// `rows` itself, live until the task ends.
  [[nodiscard]] virtual task<> changed(std::span<const row_change> rows) = 0;
  /// A recovery, the first or a later one, has read records: any row may have changed.
  [[nodiscard]] virtual task<> reread() = 0;

  // Only where follower_options::announces.
  /// Every change of a batch in the order of its records, and where the changelog goes on after them, before the store
  /// has any of it. The batch is written when the task has ended: where it throws, or is cancelled, the copy still
  /// stands before all of them. The views live until then.
  [[nodiscard]] virtual task<> coming(std::span<const coming_change> /*all*/, offset /*next*/) { co_return; }
  /// A recovery ends at `at`: from there on changes are announced.
  virtual void announced_from(offset /*at*/) {}
};

}  // namespace corka::tables
