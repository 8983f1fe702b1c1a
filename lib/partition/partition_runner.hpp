// The unit of work: one partition number of a group, from its assignment to its end.
#pragma once

#include "async/signal.hpp"
#include "async/strand_check.hpp"
#include "async/task_group.hpp"
#include "async/timer.hpp"
#include "partition/checkpointer.hpp"
#include "partition/commit_tracker.hpp"
#include "partition/control.hpp"
#include "partition/dispatcher.hpp"
#include "partition/environment.hpp"
#include "partition/intake.hpp"
#include "partition/joined_tables.hpp"
#include "partition/lane_dispatcher.hpp"
#include "partition/metrics.hpp"
#include "partition/partition_sender.hpp"
#include "partition/process_loop.hpp"
#include "partition/row_prefetch.hpp"
#include "partition/visit_part.hpp"
#include "partition/visits.hpp"
#include "store/store.hpp"
#include "table/table_recovery.hpp"

#include <corka/processor.hpp>
#include <corka/status.hpp>

#include <atomic>
#include <cstdint>
#include <exception>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

namespace corka::partition {

/// Where a partition starts, as its processor found out.
struct start_point {
  /// Next record of each of environment::edges().
  std::vector<kafka::position> inputs;
  /// Their ends, as of now.
  std::vector<offset> ends;
  /// Identity and range of the changelog partition; only in stateful groups.
  store::identity table;
  offset_range changelog;
  /// Those of `inputs` that the group had committed nothing for and that do not begin at their first record: to be
  /// committed at once, so that they begin there the next time as well.
  std::vector<kafka::position> begun;
  /// One for each declared join.
  std::vector<join_start> joins;
  /// Where the calls of declaration::changes go on; below 0 where nothing was committed.
  std::vector<kafka::position> changes;

  /// Everything that is committed.
  [[nodiscard]] std::vector<kafka::position> called() const {
    auto all = inputs;
    all.insert(all.end(), changes.begin(), changes.end());
    return all;
  }
};

/// The first rows of a range that one partition has.
struct rows_of_partition {
  std::vector<std::pair<std::string, std::string>> rows;
  bool more = false;
  bool recovered = false;  ///< false: nothing can be said yet
};

/// Recovers a table partition, then lets its `process_loop` run, and drains what is under way.
///
/// Three coroutines share the strand: `work` recovers, processes and drains; `book_reports` books acknowledgements
/// while a callback is suspended; `checkpointer::keep` saves rows and publishes watermarks. `run` ends when all three
/// have.
///
/// Life: outlives `run`. Strand: `run`, `stop`, `abandon`, `row`, `rows` on `strand`, which one worker runs. Threads:
/// `status`, `saved_row` any. Cancellation: by `stop` and `abandon`. Errors: `run` throws what ended it; after `stop`
/// or `abandon` it returns.
class partition_runner {
 public:
  using publisher = checkpointer::publisher;

  partition_runner(const environment& env, partition_id number, executor strand, std::size_t worker, start_point start,
                   std::shared_ptr<store::table_store> store, publisher publish);
  partition_runner(const partition_runner&) = delete;
  partition_runner& operator=(const partition_runner&) = delete;
  ~partition_runner();

  [[nodiscard]] task<> run(kafka::record_reader& reader);
  /// No new records; ends once what is under way is done and saved, or at `deadline`.
  void stop(clock::time_point deadline);
  /// Ends at once: nothing is saved, nothing published.
  void abandon();

  [[nodiscard]] partition_id number() const noexcept { return number_; }
  [[nodiscard]] executor strand() const noexcept { return strand_; }
  [[nodiscard]] partition_status status() const;
  /// Any thread.
  [[nodiscard]] partition_state state() const noexcept { return counts_.state; }
  /// `recovering`: also from a copy that is still being read. @throws error{errc::not_recovered}, also where the
  /// partition has ended and its store is closed.
  [[nodiscard]] table_row row(std::string_view key, bool recovering = false) const;
  /// The row where the store has every row as it is now; else nothing: ask for it on the strand.
  [[nodiscard]] std::optional<table_row> saved_row(std::string_view key) const;
  [[nodiscard]] rows_of_partition rows(const key_range& which, std::size_t limit) const;
  /// On the strand: what there is of a joined table's partition now.
  void cluster_says_of_join(std::size_t join, const tables::changelog_now& now) {
    check_("partition_runner::cluster_says_of_join");
    joins_.cluster_says(join, now);
  }
  /// Takes part in a visit; what cannot be visited any more says so by itself.
  void visit(std::shared_ptr<visit_part> part);
  /// A part that was given to `visit` is cancelled.
  void visit_cancelled();
  /// The positions up to `committed` are committed; for the status.
  void committed(const std::vector<kafka::position>& positions);

 private:
  task<> work(kafka::record_reader& reader);
  task<> recover(kafka::record_reader& reader);
  /// Any thread.
  [[nodiscard]] std::optional<recovery_status> recovery_now() const;
  void watch(const tables::recovery_progress* progress);
  [[nodiscard]] std::string failure_text() const;
  task<> drain();
  void cut_off();
  task<> book_reports();
  task<> watch_deadline();
  void say_what_is_left() const;
  void report(const std::exception_ptr& failure);
  void open_inputs(kafka::record_reader& reader);
  template <class Read>
  [[nodiscard]] bool reading(Read read) const;
  [[nodiscard]] bool find_saved(std::string_view key, table_row& into) const;
  [[nodiscard]] table_row saved(std::string_view key, table_row of) const;

  const environment& env_;
  partition_id number_;
  executor strand_;
  async::strand_check check_;
  std::size_t worker_;
  start_point start_;
  const std::uint16_t fetched_;  // of inputs_: those from here on are changes of joined tables
  std::shared_ptr<store::table_store> store_;
  logger log_;

  std::vector<intake> inputs_;
  std::vector<commit_tracker> trackers_;
  metrics counts_;
  mutable std::mutex recovery_mutex_;                    // guards the two below
  const tables::recovery_progress* progress_ = nullptr;  // while it recovers
  std::optional<recovery_status> last_recovery_;

  async::task_group children_;
  control control_;
  async::signal wake_;      // records arrived, room was made, a stop is asked for
  async::signal reported_;  // deliveries are to be booked
  async::timer deadline_timer_;
  std::optional<clock::time_point> deadline_;
  std::atomic<bool> recovered_{false};
  std::atomic<bool> ended_{false};  ///< `run` has: the store may be closed at any time
  std::exception_ptr ended_by_;

  partition_sender sender_;
  joined_tables joins_;
  row_prefetch rows_;
  scope_pool scopes_;
  parts parts_;
  failure_handler failures_;
  dispatcher dispatcher_;
  std::optional<lane_dispatcher> lanes_;  // in groups where several callbacks may be suspended at once
  checkpointer checkpoints_;
  std::optional<visits> visits_;  // where there are visitors
  std::optional<process_loop> loop_;
};

}  // namespace corka::partition
