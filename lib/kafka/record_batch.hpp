// What a source hands over at once.
#pragma once

#include <corka/record.hpp>

#include <cstddef>
#include <memory>
#include <vector>

namespace corka::kafka {

/// How much to take at once; whichever comes first. At least one record is taken, however large.
struct batch_limit {
  std::size_t records = 1'000;
  std::size_t bytes = 1U << 20U;
};

/// Records of one partition in offset order, and where the source stands after them.
///
/// Life: the records' views stay valid until the batch is cleared, refilled or destroyed, also after the source is
/// gone. Reuse: clearing keeps the vector's memory.
struct record_batch {
  /// Keeps the bytes that the records point into, and reads what is not read for every record.
  struct holder {
    virtual ~holder() = default;
    /// Appends the headers of record `i`; views with the life of the batch.
    virtual void headers(std::size_t i, std::vector<header_view>& into) const = 0;
    /// Lets the bytes of all records go; the holder itself may be used again by its source.
    virtual void release() noexcept = 0;
  };

  std::vector<record> records;
  /// Where the source reads on: past the last record, and past holes left by compaction and transaction markers. May
  /// advance with no record at all.
  offset position;
  std::size_t bytes = 0;  ///< keys and values of `records`
  std::unique_ptr<holder> keep;

  void clear() noexcept {
    records.clear();
    bytes = 0;
    if (keep) keep->release();
  }
};

}  // namespace corka::kafka
