// Which offset of one input may be committed.
#pragma once

#include <corka/ids.hpp>

#include <cstddef>
#include <cstdint>
#include <vector>

namespace corka::partition {

/// Keeps the lowest record that is not done. Nothing above a gap is ever committed.
///
/// A record is done when its callback has returned and everything it sent is acknowledged. No I/O, no clock; one
/// strand.
class commit_tracker {
 public:
  /// A record under way. Slots count up by one, in the order of `begin`.
  using slot = std::uint64_t;

  explicit commit_tracker(offset start) : watermark_{start}, processed_{start} {}

  /// The callback of the record at `at` is about to run; offsets only grow.
  slot begin(offset at) {
    if (count_ == ring_.size()) grow();
    ring_[(first_ + count_) & mask()] = {at, 1};
    processed_ = at.next();
    return first_ + count_++;
  }
  /// The record sent something: one more acknowledgement to wait for.
  void sent(slot s) { ++entry(s).waits_for; }
  /// One acknowledgement of it came.
  void acked(slot s) { settle(s); }
  /// Its callback returned.
  void finished(slot s) { settle(s); }
  /// The input stands at `position` although there is no record before it: compaction or transaction markers left a
  /// hole.
  void moved_to(offset position) {
    if (position <= processed_) return;
    processed_ = position;
    if (count_ == 0) watermark_ = position;
  }

  /// Next offset to commit: every record below is done.
  [[nodiscard]] offset watermark() const { return watermark_; }
  /// Next offset to be processed.
  [[nodiscard]] offset processed() const { return processed_; }
  [[nodiscard]] std::size_t under_way() const { return count_; }
  /// The lowest slot that may be under way.
  [[nodiscard]] slot oldest() const { return first_; }
  /// Of a record under way.
  [[nodiscard]] offset offset_of(slot s) const { return ring_[s & mask()].at; }
  /// Whether anything but the end of its callback is waited for; before that end.
  [[nodiscard]] bool waits(slot s) const { return ring_[s & mask()].waits_for > 1; }

 private:
  struct entry_type {
    offset at;
    std::uint32_t waits_for = 0;
  };

  [[nodiscard]] std::size_t mask() const { return ring_.size() - 1; }
  entry_type& entry(slot s) { return ring_[s & mask()]; }
  void settle(slot s) {
    if (--entry(s).waits_for == 0 && s == first_) advance();
  }
  void advance();
  void grow();

  // Entry of slot s is at s modulo the ring's size, a power of two.
  std::vector<entry_type> ring_ = std::vector<entry_type>(64);
  slot first_ = 0;
  std::size_t count_ = 0;
  offset watermark_;
  offset processed_;
};

}  // namespace corka::partition
