#include "processor/commit_board.hpp"

#include <algorithm>

namespace corka::processor_parts {

void commit_board::assigned(const kafka::position& at, clock::time_point now) {
  entries_[at.where] = {at.next, false, now};
}

void commit_board::watermark(const kafka::position& at) {
  const auto found = entries_.find(at.where);
  if (found == entries_.end()) return;
  found->second.watermark = at.next;
  found->second.dirty = true;
}

void commit_board::released(const topic_partition& where) { entries_.erase(where); }

std::vector<kafka::position> commit_board::take(clock::time_point now, bool idle_as_well) const {
  std::vector<kafka::position> out;
  for (const auto& [where, e] : entries_) {
    if (e.watermark < offset{0}) continue;
    if (e.dirty || (idle_as_well && e.is_due(now))) out.push_back({where, e.watermark});
  }
  return out;
}

void commit_board::committed(const std::vector<kafka::position>& taken, clock::time_point now) {
  for (const auto& t : taken) {
    const auto found = entries_.find(t.where);
    // It may have moved on, or away, while the commit was under way.
    if (found == entries_.end()) continue;
    found->second.committed_at = now;
    if (found->second.watermark == t.next) found->second.dirty = false;
  }
}

bool commit_board::idle_is_due(clock::time_point now) const {
  return std::ranges::any_of(entries_, [now](const auto& e) { return !e.second.dirty && e.second.is_due(now); });
}

bool commit_board::pending() const {
  return std::ranges::any_of(entries_, [](const auto& e) { return e.second.dirty; });
}

}  // namespace corka::processor_parts
