// What becomes of records whose callback failed.
#pragma once

#include "partition/parts.hpp"

#include <corka/error.hpp>

#include <exception>

namespace corka::partition {

/// Strand: the partition's.
class failure_handler {
 public:
  explicit failure_handler(const parts& of) : parts_{of} {}

  /// The callback of the record in `scope` threw `why`. Returns true when the record is done with, false when the
  /// partition stops before that: the record stays undone.
  /// @throws error, with the record's place, that is to end the processor; what cancelled the callback.
  [[nodiscard]] task<bool> resolve(record_scope& scope, std::exception_ptr why);

 private:
  const parts& parts_;
};

}  // namespace corka::partition
