// Up to which changelog offset a cut of the overlay reaches.
#pragma once

#include <corka/ids.hpp>

#include <cstddef>
#include <cstdint>
#include <optional>

namespace corka::tables {

/// Counts changelog writes and their acknowledgements around cuts.
///
/// `cut` is taken together with overlay::freeze: it covers every write sent so far. It is complete once all of these
/// are acknowledged; `offset_of_cut` is then where the changelog goes on after them. A foreign write between ours
/// (another writer in the topic, as after a zombie's) stops the offset before it, so that the next recovery reads it.
/// No I/O; one strand.
class changelog_cut {
 public:
  /// `next`: where the changelog goes on at the start.
  explicit changelog_cut(offset next) : reached_{next}, seen_{next} {}

  void sent() { ++outstanding_; }
  /// The write with `tag` is at `at`.
  void acked(std::uint64_t tag, offset at) {
    --outstanding_;
    if (at != seen_) foreign_ = true;
    seen_ = at.next();
    if (!foreign_) reached_ = seen_;
    if (cut_before_ && tag < *cut_before_) {
      --cut_outstanding_;
      cut_offset_ = reached_;
    }
  }

  /// Cuts before the write that will have `next_tag`. One cut at a time.
  void cut(std::uint64_t next_tag) {
    cut_before_ = next_tag;
    cut_outstanding_ = outstanding_;
    cut_offset_ = reached_;
  }
  [[nodiscard]] bool cutting() const { return cut_before_.has_value(); }
  [[nodiscard]] bool complete() const { return cut_before_ && cut_outstanding_ == 0; }
  [[nodiscard]] offset offset_of_cut() const { return cut_offset_; }
  void done() { cut_before_.reset(); }

  [[nodiscard]] std::size_t outstanding() const { return outstanding_; }
  /// Somebody else wrote to this changelog partition while we owned it.
  [[nodiscard]] bool foreign_write_seen() const { return foreign_; }

 private:
  offset reached_;  ///< every offset below is applied
  offset seen_;     ///< one past the last acknowledged write
  bool foreign_ = false;
  std::size_t outstanding_ = 0;
  std::optional<std::uint64_t> cut_before_;
  std::size_t cut_outstanding_ = 0;
  offset cut_offset_;
};

}  // namespace corka::tables
