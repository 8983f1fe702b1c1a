// Changelog records on their way into the store.
#pragma once

#include "store/store.hpp"

#include <corka/ids.hpp>
#include <corka/record.hpp>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string_view>
#include <vector>

namespace corka::tables {

/// Collects records, then gives the last change of each key, in the order of the keys.
///
/// Copies keys and values into blocks that are kept for the next batch. Threads: one at a time; collecting on the
/// strand and sorting on another thread is the use.
class change_batch {
 public:
  /// Where a record was.
  struct place {
    offset at;
    std::int64_t timestamp_ms = -1;
  };

  /// From now on `places` has those of what is added.
  void keep_places() { keeps_places_ = true; }
  void add(const record& r);
  /// Every change in the order added; views live until clear().
  [[nodiscard]] std::span<const store::change> arrived() const { return arrived_; }
  /// Of `arrived`.
  [[nodiscard]] std::span<const place> places() const { return places_; }
  /// Views live until clear().
  [[nodiscard]] std::span<const store::change> sorted();
  void clear() noexcept;

  [[nodiscard]] std::size_t records() const noexcept { return arrived_.size(); }
  /// What the batch takes in memory, roughly.
  [[nodiscard]] std::size_t bytes() const noexcept { return bytes_; }

 private:
  struct block {
    std::unique_ptr<char[]> memory;
    std::size_t size = 0;
  };
  /// The first bytes of a key as a number that sorts as they do: most comparisons need no more, and touch no other
  /// memory.
  struct rank {
    std::uint64_t front;
    std::uint32_t arrival;
  };
  char* room(std::size_t size);

  std::vector<block> blocks_;
  std::size_t block_ = 0;  // the one being filled
  std::size_t used_ = 0;   // of it
  std::size_t bytes_ = 0;
  std::vector<store::change> arrived_;
  bool keeps_places_ = false;
  std::vector<place> places_;
  std::vector<rank> order_;
  std::vector<store::change> sorted_;
};

}  // namespace corka::tables
