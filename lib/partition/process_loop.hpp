// Takes batches from a partition's inputs, in turn, and has their callbacks run.
#pragma once

#include "async/timer.hpp"
#include "partition/checkpointer.hpp"
#include "partition/dispatcher.hpp"
#include "partition/intake.hpp"
#include "partition/joined_tables.hpp"
#include "partition/lane_dispatcher.hpp"
#include "partition/parts.hpp"
#include "partition/row_prefetch.hpp"
#include "partition/visits.hpp"

#include <corka/task.hpp>

#include <cstddef>
#include <cstdint>
#include <vector>

namespace corka::partition {

/// What the loop has callbacks run for, and by.
struct loop_work {
  std::vector<intake>& inputs;
  std::uint16_t fetched;  ///< of `inputs`: those from here on are changes of joined tables
  row_prefetch& rows;
  joined_tables& joins;
  dispatcher& one_by_one;
  lane_dispatcher* lanes;  ///< in groups where several callbacks may be suspended at once
  visits* visiting;        ///< where there are visitors
  checkpointer& checkpoints;
};

/// Records as they arrive, or merged by timestamp; between them slices of joined tables' changes and of visits. When
/// there is nothing to do it waits for `parts::wake`.
///
/// Strand: the partition's. Life: outlives its coroutines. Cancellation: total. Errors: what ends the partition;
/// once the partition is halted it returns at the next border of a record.
class process_loop {
 public:
  process_loop(const parts& of, loop_work work);

  /// Has called what changed in joined tables since they were called last.
  [[nodiscard]] task<> catch_up();
  [[nodiscard]] task<> run();
  /// No alarm rings any more.
  void end() { alarm_.cancel(); }

 private:
  task<> run_by_arrival();
  task<> run_by_timestamp();
  task<bool> run_between();
  task<> await_catching_up();
  task<bool> call_changes();
  task<bool> visit_rows();
  bool poll(std::uint16_t input);
  task<> fetch_rows(intake& of);
  task<> process_until(std::uint16_t input, std::size_t end);
  task<bool> advance(std::uint16_t input, std::size_t most);
  void note_age(const intake& in);
  void refresh_inputs();
  void trim_rows();
  void wake_at(clock::time_point at);
  task<> ring(clock::time_point at);

  const parts& parts_;
  loop_work work_;
  bool caught_up_ = false;
  async::timer alarm_;
  bool alarm_set_ = false;
};

}  // namespace corka::partition
