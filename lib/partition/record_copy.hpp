// A record kept beyond its batch.
#pragma once

#include "partition/commit_tracker.hpp"

#include <corka/delivery.hpp>
#include <corka/ids.hpp>
#include <corka/record.hpp>

#include <cstdint>
#include <deque>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

namespace corka::partition {

struct record_copy {
  record_copy(const topic_name& from, const record& r, std::span<const header_view> with)
      : topic{&from}, key{r.key}, at{r.at}, timestamp_ms{r.timestamp_ms} {
    if (!r.tombstone) value.emplace(r.value);
    for (const auto& h : with) {
      headers.push_back({std::string{h.name}, h.value ? std::optional<std::string>{*h.value} : std::nullopt});
    }
  }

  const topic_name* topic;  ///< of the declaration
  std::string key;
  std::optional<std::string> value;
  std::vector<header> headers;
  offset at;
  std::int64_t timestamp_ms;
};

/// Copies of one input's records that are not done. No I/O; one strand.
class kept_records {
 public:
  /// `tracker` tells which records are done: their copies go. Slots only grow.
  void keep(const commit_tracker& tracker, commit_tracker::slot slot, record_copy copy) {
    while (!kept_.empty() && kept_.front().first < tracker.oldest()) kept_.pop_front();
    // With concurrency callbacks end in any order.
    auto at = kept_.end();
    while (at != kept_.begin() && std::prev(at)->first > slot) --at;
    kept_.emplace(at, slot, std::move(copy));
  }
  /// The copy, which is not kept any more; nothing if there is none.
  [[nodiscard]] std::optional<record_copy> take(commit_tracker::slot slot) {
    for (auto at = kept_.begin(); at != kept_.end(); ++at) {
      if (at->first != slot) continue;
      std::optional<record_copy> found{std::move(at->second)};
      kept_.erase(at);
      return found;
    }
    return std::nullopt;
  }
  [[nodiscard]] std::size_t size() const { return kept_.size(); }

 private:
  std::deque<std::pair<commit_tracker::slot, record_copy>> kept_;
};

}  // namespace corka::partition
