// What each record on its way to the broker belongs to.
#pragma once

#include "partition/commit_tracker.hpp"

#include <corka/delivery.hpp>

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace corka::partition {

/// The record that something is sent for: it is not done before that is acknowledged.
struct origin {
  std::uint16_t input = 0;
  commit_tracker::slot slot = 0;
  std::uint32_t scope = 0;  ///< whose callback may ask what became of it; 0: nobody
  /// Added to what it emits, between the processor's default headers and those of the emit.
  std::span<const header> added{};
};

/// What something is sent, or waited for, for.
enum class sent_for : std::uint8_t { output, changelog, dead_letter, deferral };

/// Gives out tags for sends and knows, when the report for a tag comes, what it was. No I/O; one strand.
class send_ledger {
 public:
  struct entry {
    commit_tracker::slot slot = 0;
    std::uint32_t scope = 0;  ///< of origin
    std::uint16_t input = 0;
    sent_for purpose = sent_for::output;
    bool open = false;  ///< no report yet
  };

  /// Tags count up by one.
  std::uint64_t open(entry e) {
    if (count_ == ring_.size()) grow();
    e.open = true;
    ring_[(first_ + count_) & mask()] = e;
    ++outstanding_;
    return first_ + count_++;
  }
  /// The report for `tag` came. The tag is not known any more after that.
  entry close(std::uint64_t tag) {
    auto& e = ring_[tag & mask()];
    e.open = false;
    --outstanding_;
    const auto was = e;
    while (count_ > 0 && !ring_[first_ & mask()].open) {
      ++first_;
      --count_;
    }
    return was;
  }
  /// False for tags that were never given out or are closed already.
  [[nodiscard]] bool is_open(std::uint64_t tag) const {
    return tag >= first_ && tag < first_ + count_ && ring_[tag & mask()].open;
  }
  [[nodiscard]] std::uint64_t next_tag() const { return first_ + count_; }
  [[nodiscard]] std::size_t outstanding() const { return outstanding_; }

 private:
  [[nodiscard]] std::size_t mask() const { return ring_.size() - 1; }
  void grow() {
    std::vector<entry> larger(ring_.size() * 2);
    for (auto tag = first_; tag < first_ + count_; ++tag) larger[tag & (larger.size() - 1)] = ring_[tag & mask()];
    ring_ = std::move(larger);
  }

  std::vector<entry> ring_ = std::vector<entry>(256);
  std::uint64_t first_ = 0;
  std::size_t count_ = 0;
  std::size_t outstanding_ = 0;
};

}  // namespace corka::partition
