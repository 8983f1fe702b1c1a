// Reads the newest records of a topic.
#pragma once

#include "query/ports.hpp"

#include <corka/runtime.hpp>
#include <corka/task.hpp>

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <map>
#include <string>

namespace corka::app_parts {

/// Shows people what was put aside: a reader of its own each time, only a few at a time.
///
/// Life: outlives its reads; the runtime outlives it. Threads: any.
class letter_reader {
 public:
  static constexpr int most_at_once = 2;
  /// Bytes of a page's records; the first one is taken however large it is.
  static constexpr std::size_t page_bytes = std::size_t{8} << 20U;

  explicit letter_reader(runtime_core& of) : core_{of} {}

  /// The newest records of all partitions, `limit` of them or as many as fit into a page, each partition's in order
  /// without a gap, below the offsets in `before`.
  /// @throws error{errc::broker_unavailable, errc::timed_out} where that takes longer than a few seconds, or others are
  /// reading.
  [[nodiscard]] task<query::dead_letters_page> read(std::string topic, std::size_t limit,
                                                    std::map<std::int32_t, std::int64_t> before);

 private:
  runtime_core& core_;
  std::atomic<int> reading_{0};
};

}  // namespace corka::app_parts
