#include "partition/merge_fsm.hpp"

#include <algorithm>

namespace corka::partition {

merge_fsm::merge_fsm(const std::vector<bool>& awaited, clock::duration idle_wait) : idle_wait_{idle_wait} {
  for (const bool a : awaited) inputs_.push_back({a, std::nullopt, false});
}

void merge_fsm::has(std::size_t input, std::int64_t timestamp_ms) { inputs_[input].head = timestamp_ms; }

void merge_fsm::lacks(std::size_t input, bool more_known) {
  inputs_[input].head.reset();
  inputs_[input].more_known = more_known;
}

merge_fsm::action merge_fsm::next(clock::time_point now) {
  if (std::ranges::none_of(inputs_, [](const input& i) { return i.head.has_value(); })) {
    waiting_since_.reset();
    return sleep{};
  }
  bool lacking = false;
  auto patience = idle_wait_;
  for (const auto& i : inputs_) {
    if (i.head || !i.awaited) continue;
    lacking = true;
    if (i.more_known) patience = std::max<clock::duration>(patience, fetch_wait);
  }
  if (!lacking) {
    waiting_since_.reset();
    return oldest();
  }
  if (!waiting_since_) waiting_since_ = now;
  if (now - *waiting_since_ >= patience) return oldest();
  return wait{*waiting_since_ + patience};
}

merge_fsm::take merge_fsm::oldest() const {
  take first;
  std::optional<std::int64_t> least;
  for (std::size_t i = 0; i < inputs_.size(); ++i) {
    const auto& head = inputs_[i].head;
    if (!head || (least && *head >= *least)) continue;
    least = head;
    first.input = i;
  }
  for (std::size_t i = 0; i < inputs_.size(); ++i) {
    const auto& head = inputs_[i].head;
    if (!head || i == first.input || *head > first.before_ms) continue;
    // Of equally old records the one of the input declared first goes first.
    const bool ours_first = first.input < i;
    first.inclusive = *head < first.before_ms ? ours_first : first.inclusive && ours_first;
    first.before_ms = *head;
  }
  return first;
}

}  // namespace corka::partition
