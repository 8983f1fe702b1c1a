// The copy of one joined table's partition.
#pragma once

#include "async/task_group.hpp"
#include "kafka/ports.hpp"
#include "partition/change_source.hpp"
#include "partition/environment.hpp"
#include "partition/joined_tables.hpp"
#include "partition/row_loader.hpp"
#include "table/overlay.hpp"
#include "table/table_follower.hpp"
#include "table/table_listener.hpp"

#include <corka/declaration.hpp>
#include <corka/log.hpp>
#include <corka/status.hpp>
#include <corka/task.hpp>

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace corka::partition {

/// How one copy has its changes called.
struct copy_calls {
  const change_calls& by;
  std::size_t tracker = 0;  ///< number in change_calls::trackers
  offset from;              ///< below 0: nothing was committed
};

/// Follows the table; rows of recent keys are in memory.
///
/// A row in memory is as new as the local copy: whatever the follower has written there it tells afterwards. One that
/// is not in memory when it is asked for (its callback was suspended, and meanwhile it was evicted) is read from the
/// local copy in place. Rows are looked up by key at each call, never kept across a suspension: so a callback that was
/// suspended sees the row as it is now.
///
/// Where changes are called, a batch waits before it is written until each of its changes is done. Meanwhile the rows
/// of those that were begun are kept aside: who asks for a row sees the old one before its change is called, the new
/// one from then on.
///
/// Life, strand, errors: as joined_tables.
class joined_copy final : tables::table_listener {
 public:
  joined_copy(const environment& env, const beside_edge& edge, executor strand, join_start start,
              std::optional<copy_calls> calls, const logger& log);

  [[nodiscard]] const topic_name& topic() const noexcept { return edge_.topic; }
  void follow(kafka::record_reader& reader, async::task_group& on);
  [[nodiscard]] task<> recovered();
  void stop();
  [[nodiscard]] std::unique_ptr<kafka::record_source> open_changes() { return announced_.open(*follower_); }
  [[nodiscard]] task<> caught_up() { return follower_->caught_up(); }
  void show(std::string_view key, std::optional<std::string_view> now);
  [[nodiscard]] task<> fetch(const kafka::record_batch& batch);
  [[nodiscard]] std::optional<std::string_view> row(std::string_view key);
  void cluster_says(const tables::changelog_now& now);
  [[nodiscard]] copy_status status() const;

 private:
  [[nodiscard]] task<> changed(std::span<const tables::row_change> rows) override;
  [[nodiscard]] task<> reread() override;
  [[nodiscard]] task<> coming(std::span<const tables::coming_change> all, offset next) override;
  void announced_from(offset at) override;

  const environment& env_;
  const beside_edge& edge_;
  executor strand_;
  join_start start_;
  const logger& log_;
  mutable std::mutex mutex_;  // guards the follower's making against `status`
  std::optional<tables::table_follower> follower_;
  std::optional<copy_calls> calls_;
  announced_changes announced_;
  /// Rows of the batch that is being called, as far as their changes have begun; the store does not have them yet.
  std::map<std::string, std::optional<std::string>, std::less<>> shown_;
  tables::overlay rows_;
  row_loader loader_;
  std::uint64_t rereads_ = 0;
  bool stopped_ = false;
};

}  // namespace corka::partition
