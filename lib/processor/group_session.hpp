// One run of a processor: from joining the group to having left it.
#pragma once

#include "async/signal.hpp"
#include "async/task_group.hpp"
#include "partition/environment.hpp"
#include "processor/group_lookups.hpp"
#include "processor/group_topics.hpp"
#include "processor/held_partitions.hpp"
#include "processor/join_watch.hpp"
#include "processor/offset_committer.hpp"
#include "processor/running_visit.hpp"
#include "processor/runtime_core.hpp"
#include "processor/standby_copies.hpp"
#include "processor/store_cabinet.hpp"
#include "processor/topic_watch.hpp"

#include <corka/processor.hpp>
#include <corka/status.hpp>

#include <atomic>
#include <cstdint>
#include <deque>
#include <exception>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

namespace corka::processor_parts {

/// Joins, takes partition numbers over and gives them back, leaves.
///
/// `handle_events` answers the group one event at a time: nothing is done inside a rebalance but enqueueing it. What
/// runs for a number is `held_partitions`', what is committed `offset_committer`'s.
///
/// Life: one `run`. Strand: `run` on the strand it is awaited on ("control"). Threads: `stop`, `fill`, `row`, `rows`
/// any. Errors: `run` throws the first failure of a partition, of membership or of the start.
class group_session {
 public:
  /// `renewals`: how many sessions of this processor ended just now because topics were made anew. `changed`, which
  /// outlives it, is woken when `state` or `is_ready` may have changed.
  group_session(const declaration& group, const processor_options& options, runtime_core& core, executor control,
                std::uint32_t renewals, async::wake_list& changed);
  group_session(const group_session&) = delete;
  group_session& operator=(const group_session&) = delete;
  ~group_session();

  [[nodiscard]] task<> run();
  /// First call: finish what is under way and leave. Second call: drop it.
  void stop() noexcept;
  /// After `run`: another session is to follow, as topics were made anew.
  [[nodiscard]] bool renewed() const noexcept { return renewed_ && stops_ == 0; }
  void fill(processor_status& into) const;
  [[nodiscard]] processor_state state() const noexcept { return state_; }
  /// It has partitions, and all of them process records.
  [[nodiscard]] bool is_ready() const;
  [[nodiscard]] task<table_row> row(std::string key, row_source from) const;
  /// As partition_runner::saved_row. Threads: any.
  [[nodiscard]] std::optional<table_row> saved_row(std::string_view key) const;
  [[nodiscard]] task<table_page> rows(key_range which, std::size_t limit) const;
  /// Asks the partitions that are ours now. Threads: any.
  void begin_visit(const std::shared_ptr<running_visit>& visit, const visitor_edge& visitor,
                   const std::shared_ptr<const void>& meta);

 private:
  task<> connect();
  task<> handle_events();
  task<> handle_event(kafka::member_event event);
  task<> take_over(kafka::assigned event);
  task<> give_back(kafka::revoked event);
  task<> let_go(kafka::lost event);
  void enter(processor_state now);
  void note(rebalance_status::kind what, std::int64_t began_ms, clock::time_point began,
            const std::vector<partition_id>& which);
  void note_member();
  void note_connection(const kafka::connection_changed& event);
  [[nodiscard]] task<std::vector<partition::start_point>> starting_points_of(std::vector<partition_id> numbers);
  void spawn(partition_id number, partition::start_point start);
  void forget(const std::vector<partition_id>& which);
  task<> shut_down();
  task<> hasten();
  void fail(std::exception_ptr why);
  void renew(std::string_view why, const std::vector<topic_name>& dropped);
  [[nodiscard]] held_partitions::callbacks for_partitions();
  [[nodiscard]] task<std::optional<partition::start_point>> start_again(partition_id number);
  task<> look_at_topics();
  [[nodiscard]] std::vector<partition_id> known_only(const std::vector<partition_id>& numbers) const;
  [[nodiscard]] bool ends() const noexcept { return stops_ > 0 || failure_ || renewed_; }
  [[nodiscard]] clock& time() const { return core_.threads->time(); }

  const declaration& group_;
  const processor_options& options_;
  runtime_core& core_;
  executor control_;
  logger log_;

  std::shared_ptr<kafka::admin> admin_;
  std::unique_ptr<kafka::member> member_;
  partition::environment env_;
  group_topics topics_;
  std::optional<store_cabinet> cabinet_;
  held_partitions held_;
  visit_list visits_;
  const std::shared_ptr<departure> departure_ = std::make_shared<departure>();
  offset_committer committer_;
  group_lookups lookups_;
  join_watch joins_;
  standby_copies standbys_;
  topic_watch watch_;

  async::task_group events_;
  async::task_group hasteners_;
  async::signal ending_;  // stop was called, or something failed
  std::exception_ptr failure_;
  bool renewed_ = false;
  std::uint32_t renewals_;

  mutable std::mutex member_mutex_;  // guards what follows
  std::string member_name_;

  std::atomic<int> stops_{0};
  async::wake_list& changed_;
  std::atomic<processor_state> state_{processor_state::starting};
  std::atomic<bool> connected_{false};
  std::atomic<std::int32_t> partitions_total_{0};
  std::atomic<std::uint64_t> rebalances_{0};
  mutable std::mutex rebalance_mutex_;
  std::deque<rebalance_status> rebalance_history_;
  clock::time_point started_;
};

}  // namespace corka::processor_parts
