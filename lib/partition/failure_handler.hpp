// What becomes of records that failed.
#pragma once

#include "partition/dead_letters.hpp"
#include "partition/failure_plan.hpp"
#include "partition/few_lines.hpp"
#include "partition/interruption.hpp"
#include "partition/parts.hpp"
#include "partition/record_copy.hpp"

#include <corka/declaration.hpp>
#include <corka/error.hpp>

#include <cstddef>
#include <exception>
#include <string>
#include <string_view>
#include <vector>

namespace corka::partition {

/// Carries out the group's failure policies.
///
/// Strand: the partition's.
class failure_handler {
 public:
  explicit failure_handler(const parts& of);

  /// The callback of the record in `scope` threw `why`: calls it again as often as the policy says, and carries out
  /// what follows. Returns true when the record is done with, false when the partition is halted before that: the
  /// record stays undone.
  /// @throws error, with the record's place, that is to end the processor; what cancelled the callback; interruption
  /// where the callback awaited a delivery for which the cluster was away for too long.
  [[nodiscard]] task<bool> resolve(record_scope& scope, const record_handler& handler, std::exception_ptr why);

  /// Whether `finished` is to be called after each record: plain groups do not need it.
  [[nodiscard]] bool careful() const noexcept { return careful_; }
  /// The record is done with: its effects go out.
  void finished(record_scope& scope);

  /// Something that a record sent, or deferred, failed after its callback.
  /// @throws error where row and changelog are not one any more.
  void lost(const failed_send& what);

 private:
  struct place;
  void carry_out(const failure_action& action, const place& where, std::size_t attempts);
  void tell(const std::string& what);
  [[nodiscard]] error fatal(const place& where) const;
  [[nodiscard]] interruption written_again_later(const std::error_code& lost, std::string_view why) const;

  const parts& parts_;
  failure_plan plan_;
  dead_letters letters_;
  bool careful_;
  few_lines lines_;
  std::vector<kept_records> kept_;  // one an input
};

}  // namespace corka::partition
