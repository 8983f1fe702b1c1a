// What callbacks of one partition read besides their own state: rows of joined and looked-up tables.
#pragma once

#include "async/signal.hpp"
#include "async/task_group.hpp"
#include "kafka/ports.hpp"
#include "partition/commit_tracker.hpp"
#include "partition/environment.hpp"
#include "store/store.hpp"
#include "table/table_follower.hpp"

#include <corka/ids.hpp>
#include <corka/log.hpp>
#include <corka/status.hpp>
#include <corka/task.hpp>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace corka::partition {

class joined_copy;
class control;

/// What joined tables need to have their changes called.
struct change_calls {
  std::vector<commit_tracker>& trackers;
  std::uint16_t first = 0;              ///< tracker of the first of declaration::changes; the others follow
  std::vector<kafka::position> from{};  ///< one for each; below 0 where nothing was committed
  control& state;
  async::signal& wake;  ///< of the process loop: there are changes
};

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
  joined_tables(const environment& env, executor strand, std::vector<join_start> starts, change_calls calls,
                const logger& log);
  joined_tables(const joined_tables&) = delete;
  joined_tables& operator=(const joined_tables&) = delete;
  ~joined_tables();

  [[nodiscard]] bool any() const noexcept { return !copies_.empty() || !env_.lookups.empty(); }
  /// Spawns what reads every table to its end and keeps it current, until `stop` or cancellation.
  void follow(kafka::record_reader& reader, async::task_group& on);
  /// Returns once every table is as it was at the assignment, or newer. Cancellation: total.
  [[nodiscard]] task<> recovered();
  void stop();

  // Changes that are called. A follower waits with each batch until all of it is done: the local copy is never ahead
  // of what is acknowledged.
  /// The changes of a table of declaration::changes; after `recovered`.
  [[nodiscard]] std::unique_ptr<kafka::record_source> open_changes(const topic_name& table);
  /// Returns once the changes that there were at the assignment are done. @throws error{errc::stopped} after `stop`.
  [[nodiscard]] task<> caught_up();
  /// A change is about to be called: from now on `joined` gives the new row.
  void show(const topic_name& table, std::string_view key, std::optional<std::string_view> now);

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
  [[nodiscard]] joined_copy& copy_of(const topic_name& table);

  const environment& env_;
  change_calls calls_;
  std::vector<std::unique_ptr<joined_copy>> copies_;
  std::string looked_up_;
  bool stopped_ = false;
};

}  // namespace corka::partition
