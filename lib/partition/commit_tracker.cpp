#include "partition/commit_tracker.hpp"

namespace corka::partition {

void commit_tracker::advance() {
  while (count_ > 0 && entry(first_).waits_for == 0) {
    watermark_ = entry(first_).at.next();
    ++first_;
    --count_;
  }
  // Nothing under way: holes behind the last record are passed as well.
  if (count_ == 0) watermark_ = processed_;
}

void commit_tracker::grow() {
  std::vector<entry_type> larger(ring_.size() * 2);
  for (slot s = first_; s < first_ + count_; ++s) larger[s & (larger.size() - 1)] = entry(s);
  ring_ = std::move(larger);
}

}  // namespace corka::partition
