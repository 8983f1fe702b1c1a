// Running a callback over every row of a group table.
#pragma once

#include <corka/ids.hpp>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

namespace corka {

/// How a visit, or its part in one partition, ended.
enum class visit_outcome {
  completed,  ///< every row was visited, and what the callbacks wrote is acknowledged
  cancelled,  ///< as asked
  aborted,    ///< the partition was given back, the processor stopped or failed, or it never had the partition
  failed,     ///< a callback threw; the processor goes on
};

[[nodiscard]] std::string_view to_string(visit_outcome o) noexcept;

/// Where a visit goes on: the first row of the partition that it is not done with.
struct visit_position {
  partition_id partition;
  std::string key;

  friend bool operator==(const visit_position&, const visit_position&) = default;
};

/// A visit's part in one partition.
struct visited_partition {
  partition_id partition;
  visit_outcome outcome = visit_outcome::completed;
  std::string why{};       ///< it was aborted, or failed
  std::uint64_t rows = 0;  ///< visited, and all that their callbacks wrote acknowledged
  /// The first row that is not visited, or may not be; nothing where all are.
  std::optional<std::string> resume_at{};
};

struct visit_result {
  /// Completed only if every partition is; else the gravest: failed, aborted, cancelled.
  visit_outcome outcome = visit_outcome::completed;
  std::string why{};  ///< of the first partition that was aborted, or failed
  std::uint64_t rows = 0;
  std::vector<visited_partition> partitions{};  ///< by number

  /// For visit_options::resume_at, here or at the members that have the partitions now.
  [[nodiscard]] std::vector<visit_position> resume() const;
};

/// How far a visit is.
struct visit_progress {
  std::uint64_t rows = 0;       ///< visited so far
  std::uint64_t rows_left = 0;  ///< about, from the size of the local copies
  std::size_t partitions_ended = 0;
  std::size_t partitions = 0;
};

struct visit_options {
  // Behaviour
  /// Only these partitions, each from its key on; empty: all that this member has, from their first rows on.
  std::vector<visit_position> resume_at{};
  /// Ends the visit: no further row begins, and a coroutine callback that is suspended is cancelled. The processor goes
  /// on.
  std::stop_token cancel{};
  /// Called after each slice, on the partition's strand, for different partitions at once; must not throw or block.
  std::function<void(const visit_progress&)> on_progress{};

  // Performance
  /// Rows of one partition that are visited before records get their turn: larger visits faster, smaller keeps the
  /// latency of records lower. 1..100'000.
  std::size_t rows_per_slice = 100;
  /// The same in time; the callback that runs is let end. More than 0.
  std::chrono::milliseconds slice_time{2};
};

}  // namespace corka
