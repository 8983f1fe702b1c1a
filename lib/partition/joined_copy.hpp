// The copy of one joined table's partition.
#pragma once

#include "async/task_group.hpp"
#include "kafka/ports.hpp"
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

#include <cstdint>
#include <mutex>
#include <optional>
#include <span>
#include <string_view>

namespace corka::partition {

/// Follows the table; rows of recent keys are in memory.
///
/// A row in memory is as new as the local copy: whatever the follower has written there it tells afterwards. One that
/// is not in memory when it is asked for (its callback was suspended, and meanwhile it was evicted) is read from the
/// local copy in place. Rows are looked up by key at each call, never kept across a suspension: so a callback that was
/// suspended sees the row as it is now.
///
/// Life, strand, errors: as joined_tables.
class joined_copy final : tables::table_listener {
 public:
  joined_copy(const environment& env, const beside_edge& edge, executor strand, join_start start, const logger& log);

  [[nodiscard]] const topic_name& topic() const noexcept { return edge_.topic; }
  void follow(kafka::record_reader& reader, async::task_group& on);
  [[nodiscard]] task<> recovered();
  void stop();
  [[nodiscard]] task<> fetch(const kafka::record_batch& batch);
  [[nodiscard]] std::optional<std::string_view> row(std::string_view key);
  void cluster_says(const tables::changelog_now& now);
  [[nodiscard]] copy_status status() const;

 private:
  [[nodiscard]] task<> changed(std::span<const tables::row_change> rows) override;
  [[nodiscard]] task<> reread() override;

  const environment& env_;
  const beside_edge& edge_;
  executor strand_;
  join_start start_;
  const logger& log_;
  mutable std::mutex mutex_;  // guards the follower's making against `status`
  std::optional<tables::table_follower> follower_;
  tables::overlay rows_;
  row_loader loader_;
  std::uint64_t rereads_ = 0;
  bool stopped_ = false;
};

}  // namespace corka::partition
