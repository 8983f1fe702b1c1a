// Runs the callbacks of a partition, one at a time.
#pragma once

#include "partition/failure_handler.hpp"
#include "partition/intake.hpp"
#include "partition/parts.hpp"

#include <cstddef>
#include <cstdint>

namespace corka::partition {

/// Calls plain functions back to back, and awaits coroutines one after another. `lane_dispatcher` is for groups that
/// let several be suspended at once.
///
/// Strand: the partition's. Cancellation: `run` supports total; the record whose callback is cancelled stays undone.
/// Errors: `run` throws what ends the processor.
class dispatcher {
 public:
  dispatcher(const parts& of, failure_handler& failures);

  /// Runs the callbacks of records [of.next, end) of input number `input`; returns early, at a record's border, when
  /// the partition is halted.
  [[nodiscard]] task<> run(std::uint16_t input, intake& of, std::size_t end);
  /// Waits until what is under way is within the options again, or the partition is halted.
  [[nodiscard]] task<> room();

 private:
  task<> run_plain(std::uint16_t input, intake& of, std::size_t end);
  task<> run_coroutines(std::uint16_t input, intake& of, std::size_t end);
  [[nodiscard]] bool too_much() const;

  const parts& parts_;
  failure_handler& failures_;
  record_scope& scope_;
};

}  // namespace corka::partition
