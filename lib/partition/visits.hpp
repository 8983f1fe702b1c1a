// Runs visitors over the rows of one partition.
#pragma once

#include "async/event.hpp"
#include "async/task_group.hpp"
#include "partition/checkpointer.hpp"
#include "partition/dispatcher.hpp"
#include "partition/intake.hpp"
#include "partition/joined_tables.hpp"
#include "partition/lane_dispatcher.hpp"
#include "partition/parts.hpp"
#include "partition/row_prefetch.hpp"
#include "partition/visit_cursor.hpp"
#include "partition/visit_part.hpp"
#include "store/store.hpp"

#include <cstdint>
#include <deque>
#include <exception>
#include <memory>
#include <optional>
#include <string>

namespace corka::partition {

/// One visit after another: waits until the store has what was written before the visit, reads its keys page by page,
/// and has the rows visited in slices, for which the process loop makes room between records.
///
/// A page holds keys only, no snapshot: rows are read when their turn comes, overlay over store. Visited rows have a
/// commit tracker of their own, so that a row counts once all that its callback sent is acknowledged. What a callback
/// writes and emits goes out when it has returned, or awaits an acknowledgement: one that fails leaves no trace.
///
/// Strand: the partition's. Life: its coroutine is one of `parts::children`. Cancellation: of children; `abort` ends
/// what is left.
class visits {
 public:
  /// `tracker`: the number of the visits' own one in `parts::trackers`. `lanes`: where several callbacks may be
  /// suspended; null elsewhere.
  visits(const parts& of, std::uint16_t tracker, std::shared_ptr<store::table_store> store, checkpointer& checkpoints,
         dispatcher& callbacks, lane_dispatcher* lanes, joined_tables& joins);
  visits(const visits&) = delete;
  visits& operator=(const visits&) = delete;
  ~visits();

  /// Takes a visit; it begins once `start` was called and those before it have ended.
  void add(std::shared_ptr<visit_part> part);
  /// The table is recovered, and records may be processed.
  void start();
  /// Some part's `cancelled` has changed.
  void look_for_cancelled();
  /// Something that a row's callback sent, or deferred, has failed: so has its visit.
  /// @throws error where row and changelog are not one any more.
  void lost(const failed_send& what);
  [[nodiscard]] std::uint16_t number() const noexcept { return number_; }
  /// Ends all, now, as aborted, and takes no further one. Nothing runs any more: `slice` is not awaited.
  void abort(const std::string& why);

  /// Rows wait for their turn.
  [[nodiscard]] bool ready() const noexcept { return ready_ && !slicing_; }
  [[nodiscard]] bool slicing() const noexcept { return slicing_; }
  /// Brings the next rows into memory, while `ready`. By the process loop, as it does a batch's: fetches of one
  /// partition must not overlap.
  [[nodiscard]] task<> prepare();
  /// Visits what was prepared. Without lanes no callback of a record may run until it returns.
  [[nodiscard]] task<> slice();

 private:
  task<> serve();
  task<> carry_out();
  task<> save_what_is_written();
  task<> read_page();
  task<> visit_prepared();
  task<bool> turn_of(std::size_t index);
  task<> visit_row(std::size_t index);
  task<> call(const record_handler& handler, bool& ended, std::exception_ptr& failure);
  void end_front(visit_outcome how, std::string why);
  void report();
  [[nodiscard]] std::string front_name();
  [[nodiscard]] visit_part& front() { return *queue_.front(); }
  /// The front visit has no further row.
  [[nodiscard]] bool over() const;
  [[nodiscard]] commit_tracker& tracker() { return parts_.trackers[number_]; }

  const parts& parts_;
  const std::uint16_t number_;
  std::shared_ptr<store::table_store> store_;
  checkpointer& checkpoints_;
  dispatcher& dispatcher_;
  lane_dispatcher* lanes_;
  joined_tables& joins_;
  row_prefetch rows_;
  record_scope& scope_;
  async::task_group callback_;  // the coroutine that runs, to be cancelled
  async::event turned_;         // a page is used up, or the visit is over

  std::deque<std::shared_ptr<visit_part>> queue_;
  bool started_ = false;
  bool serving_ = false;
  bool closed_ = false;
  bool ready_ = false;
  bool slicing_ = false;  // from `prepare` to the end of `slice`: the cursor and its keys stay

  // Of the front visit.
  std::optional<visit_cursor> cursor_;
  intake slice_;
  std::string failed_;  // why
};

}  // namespace corka::partition
