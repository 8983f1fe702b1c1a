// What becomes of a sent record.
#pragma once

#include <corka/ids.hpp>
#include <corka/record_time.hpp>
#include <corka/task.hpp>

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace corka {

/// Where a record is now.
struct record_position {
  partition_id partition;
  corka::offset offset;
};

/// A header to send.
struct header {
  std::string name;
  std::optional<std::string> value;
};

/// What a record carries besides key and value.
struct emit_options {
  /// In this order, names may repeat; after the defaults of the processor or emitter and what middleware adds.
  std::vector<header> headers{};
  /// A time of std::chrono::system_clock, or `record_time{ms}`. Absent, or before 1970: the time of sending.
  std::optional<record_time> timestamp{};
};

namespace detail {
class delivery_source {
 public:
  [[nodiscard]] virtual task<record_position> acked(std::uint64_t index) = 0;

 protected:
  ~delivery_source() = default;
};
}  // namespace detail

/// Handle of one sent record. Ignoring it is fine: an input record is committed only once all that it caused is
/// acknowledged.
///
/// Life: `acked` is awaited before the callback that emitted ends. Errors: error{errc::delivery_failed}; a callback
/// that catches it deals with it, one that does not fails, or, where the cluster was away, is called again after its
/// partition went back to the last commit.
class delivery {
 public:
  delivery(detail::delivery_source& from, std::uint64_t index) : from_{&from}, index_{index} {}

  /// Awaits the broker's acknowledgement. Only in coroutines; a plain callback has nothing to wait with.
  [[nodiscard]] task<record_position> acked() const { return from_->acked(index_); }

 private:
  detail::delivery_source* from_;
  std::uint64_t index_;
};

}  // namespace corka
