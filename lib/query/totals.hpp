// Counts of whole groups that never go back, however partitions come and go.
#pragma once

#include "query/samples.hpp"

#include <corka/status.hpp>

#include <cstddef>
#include <vector>

namespace corka::query {

/// Partitions count from their assignment on, so their sum falls when one leaves, which a reader of counters takes for
/// a restart. Here what each one added is kept.
class totals {
 public:
  /// `before` is null at the first look. The same processors in the same order each time.
  void add(const look* before, const look& now);

  /// `p` as if it had one partition, numbered -1: counts are those of here, by topic; gauges are sums of what is there
  /// now, lag times the largest. Offsets mean nothing in it.
  [[nodiscard]] processor_status merged(const processor_status& p, std::size_t at) const;
  /// The counts of the processor at `at`.
  [[nodiscard]] const partition_status& of(std::size_t at) const;

 private:
  std::vector<partition_status> sums_;
};

/// Copies of one table as one, numbered -1.
[[nodiscard]] std::vector<copy_status> merged(const std::vector<copy_status>& copies);

}  // namespace corka::query
