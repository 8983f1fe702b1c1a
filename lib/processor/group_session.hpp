// One run of a processor: from joining the group to having left it.
#pragma once

#include "async/event.hpp"
#include "async/signal.hpp"
#include "async/task_group.hpp"
#include "partition/environment.hpp"
#include "partition/partition_runner.hpp"
#include "processor/commit_board.hpp"
#include "processor/runtime_core.hpp"
#include "processor/store_cabinet.hpp"

#include <corka/processor.hpp>
#include <corka/status.hpp>

#include <atomic>
#include <cstdint>
#include <exception>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

namespace corka::processor_parts {

/// Joins, gives each assigned partition number to a worker, takes revoked ones back, commits, leaves.
///
/// `handle_events` answers the group one event at a time: nothing is done inside a rebalance but enqueueing it.
/// Partitions run on their own strands; what they tell this strand is posted.
///
/// Life: one `run`. Strand: `run` on the strand it is awaited on ("control"). Threads: `stop`, `status`, `row` any.
/// Errors: `run` throws the first failure of a partition, of membership or of the start.
class group_session {
 public:
  group_session(const declaration& group, const processor_options& options, runtime_core& core, executor control);
  group_session(const group_session&) = delete;
  group_session& operator=(const group_session&) = delete;
  ~group_session();

  [[nodiscard]] task<> run();
  /// First call: finish what is under way and leave. Second call: drop it.
  void stop() noexcept;
  void fill(processor_status& into) const;
  [[nodiscard]] task<table_row> row(std::string key) const;

 private:
  /// A partition number that is ours.
  struct held {
    std::shared_ptr<partition::partition_runner> runner;
    std::shared_ptr<async::event> ended;  ///< on the control strand
    bool unwanted = false;                ///< told to end, perhaps before it began
  };

  // The start.
  task<> connect();
  task<> ensure_topics(kafka::admin& admin);
  task<> open_outputs();
  // Membership.
  task<> handle_events();
  task<> take_over(kafka::assigned event);
  task<> give_back(kafka::revoked event);
  task<> let_go(kafka::lost event);
  task<std::vector<partition::start_point>> starting_points(const std::vector<partition_id>& numbers);
  [[nodiscard]] std::vector<topic_partition> topics_beside(partition_id number) const;
  task<> run_partition(partition_id number, partition::start_point start);
  void spawn_partition(partition_id number, partition::start_point start);
  void stop_partitions(const std::vector<partition_id>& numbers, clock::time_point deadline);
  void abandon_partitions(const std::vector<partition_id>& numbers);
  task<> await_end(std::vector<partition_id> numbers);
  [[nodiscard]] std::vector<partition_id> numbers() const;
  void forget(const std::vector<partition_id>& which);
  // Commits.
  void drain_watermarks();
  task<> commit_watermarks();
  task<> refresh_commits();
  task<bool> commit_once(std::vector<kafka::position> what);
  task<> commit_until(std::vector<partition_id> which, clock::time_point deadline);
  // The end.
  task<> shut_down();
  task<> hasten();
  void fail(std::exception_ptr why);
  [[nodiscard]] clock& time() const { return core_.threads->time(); }

  const declaration& group_;
  const processor_options& options_;
  runtime_core& core_;
  executor control_;
  logger log_;

  std::shared_ptr<kafka::admin> admin_;
  std::unique_ptr<kafka::member> member_;
  partition::environment env_;
  std::vector<std::string> table_id_;  // one element once known
  std::optional<store_cabinet> cabinet_;
  commit_board board_;
  std::mutex inbox_mutex_;
  std::vector<kafka::position> inbox_;  // watermarks from the partitions' strands

  async::task_group events_;
  async::task_group partitions_group_;
  async::task_group commits_;
  async::task_group hasteners_;
  async::signal ending_;  // stop was called, or something failed
  async::signal board_moved_;
  std::exception_ptr failure_;

  std::atomic<int> stops_{0};
  std::atomic<processor_state> state_{processor_state::starting};
  std::atomic<bool> connected_{false};
  std::atomic<std::int32_t> partitions_total_{0};
  std::atomic<std::uint64_t> rebalances_{0};
  clock::time_point started_;
  mutable std::mutex mutex_;  // guards held_ against other threads; the control strand alone changes it
  std::map<partition_id, held> held_;
};

}  // namespace corka::processor_parts
