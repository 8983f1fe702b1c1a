// Runs the callbacks of a partition.
#pragma once

#include "partition/commit_tracker.hpp"
#include "partition/control.hpp"
#include "partition/environment.hpp"
#include "partition/intake.hpp"
#include "partition/joined_tables.hpp"
#include "partition/metrics.hpp"
#include "partition/partition_sender.hpp"
#include "partition/record_scope.hpp"

#include <corka/error.hpp>
#include <corka/log.hpp>

#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

namespace corka::partition {

/// Calls plain functions back to back, and awaits coroutines one after another.
///
/// Strand: the partition's. Cancellation: `run` supports total; the record whose callback is cancelled stays undone.
/// Errors: `run` throws what a callback threw, with the record's place.
class dispatcher {
 public:
  dispatcher(const environment& env, partition_id number, const executor& strand, const logger& log, control& state,
             std::vector<commit_tracker>& trackers, partition_sender& sender, joined_tables& beside, metrics& counts);

  /// Runs the callbacks of records [of.next, end) of input number `input`; returns early, at a record's border, when
  /// the partition is to stop.
  [[nodiscard]] task<> run(std::uint16_t input, intake& of, std::size_t end);
  /// Waits until sends and unsaved rows are within the options again, or the partition is to stop.
  [[nodiscard]] task<> room();
  /// Where reports of sends go that a callback awaits.
  [[nodiscard]] record_scope& scope() { return scope_; }

 private:
  task<> run_plain(std::uint16_t input, intake& of, std::size_t end);
  task<> run_coroutines(std::uint16_t input, intake& of, std::size_t end);
  [[nodiscard]] error failure_of(const intake& of, const record& r, std::string_view why, errc kind) const;

  const environment& env_;
  partition_id number_;
  control& control_;
  std::vector<commit_tracker>& trackers_;
  partition_sender& sender_;
  metrics& counts_;
  record_scope scope_;
};

}  // namespace corka::partition
