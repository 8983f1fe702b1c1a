// What callbacks of one partition read besides their own state: rows of joined and looked-up tables.
#pragma once

#include "async/task_group.hpp"
#include "kafka/ports.hpp"
#include "partition/environment.hpp"
#include "store/store.hpp"
#include "table/table_follower.hpp"

#include <corka/ids.hpp>
#include <corka/log.hpp>
#include <corka/status.hpp>
#include <corka/task.hpp>

#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace corka::partition {

class joined_copy;

/// A joined table's partition at the assignment.
struct join_start {
  store::identity of;
  offset_range available;
  /// The local copy, lent until the partition has ended.
  std::shared_ptr<store::table_store> store;
};

/// A copy of each joined table's partition with this number, and the processor's lookups.
///
/// Life: outlives what `follow` spawns. Strand: the partition's. Threads: `status` any. Errors: as table_follower.
class joined_tables {
 public:
  /// `starts`: one for each declared join, in order.
  joined_tables(const environment& env, executor strand, std::vector<join_start> starts, const logger& log);
  joined_tables(const joined_tables&) = delete;
  joined_tables& operator=(const joined_tables&) = delete;
  ~joined_tables();

  [[nodiscard]] bool any() const noexcept { return !copies_.empty() || !env_.lookups.empty(); }
  /// Spawns what reads every table to its end and keeps it current, until `stop` or cancellation.
  void follow(kafka::record_reader& reader, async::task_group& on);
  /// Returns once every table is as it was at the assignment, or newer. Cancellation: total.
  [[nodiscard]] task<> recovered();
  void stop();

  /// Brings the rows of the batch's keys into memory. Waits while a table is read anew; ends early by `stop`.
  [[nodiscard]] task<> fetch(const kafka::record_batch& batch);

  /// Row of the key, valid until the next call or the strand does something else. @throws error{errc::not_declared}.
  [[nodiscard]] std::optional<std::string_view> joined(const topic_name& table, std::string_view key);
  [[nodiscard]] std::optional<std::string_view> looked_up(const topic_name& table, std::string_view key);

  /// What there is of a table's partition now.
  void cluster_says(std::size_t join, const tables::changelog_now& now);
  /// One for each join, in order.
  [[nodiscard]] std::vector<copy_status> status() const;

 private:
  const environment& env_;
  std::vector<std::unique_ptr<joined_copy>> copies_;
  std::string looked_up_;
  bool stopped_ = false;
};

}  // namespace corka::partition
