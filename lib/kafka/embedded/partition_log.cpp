#include "kafka/embedded/partition_log.hpp"

#include <corka/error.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace corka::kafka::embedded {

partition_log::partition_log(settings with, const logger& log) : with_{std::move(with)} {
  if (durable()) open(log);
  if (segments_.empty()) segments_.push_back(make(0, 0));
  low_.store(segments_.front()->base(), std::memory_order_release);
  high_.store(segments_.back()->end(), std::memory_order_release);
}

void partition_log::reopen(const logger& log) {
  const std::scoped_lock all{maintenance_, append_, state_};
  segments_.clear();
  open(log);
  low_.store(segments_.front()->base(), std::memory_order_release);
  high_.store(segments_.back()->end(), std::memory_order_release);
}

std::filesystem::path partition_log::file_of(std::int64_t base) const {
  return with_.directory / fmt::format("{:020}.log", base);
}

std::shared_ptr<segment> partition_log::make(std::int64_t base, std::size_t frame_bytes, std::int64_t replaces_to,
                                             bool aside) const {
  const auto capacity = std::max(with_.segment_bytes, segment_header_size + frame_bytes);
  if (!durable()) return std::make_shared<segment>(base, capacity, replaces_to);
  auto file = file_of(base);
  if (aside) file += ".new";
  auto made = std::make_shared<segment>(*with_.on, std::move(file), base, capacity, replaces_to);
  if (with_.fsync) sync_directory();
  return made;
}

void partition_log::sync_directory() const { with_.on->sync_folder(with_.directory); }

std::size_t partition_log::bytes() const {
  const std::lock_guard lock{state_};
  std::size_t sum = 0;
  for (const auto& s : segments_) sum += s->size();
  return sum;
}

std::int64_t partition_log::append(frame_builder& frame) {
  const std::lock_guard writing{append_};
  const auto base = high_.load(std::memory_order_relaxed);
  const auto bytes = frame.seal(base, durable());
  if (!segments_.back()->has_room(bytes.size())) roll_for(bytes.size());
  auto& active = *segments_.back();
  active.write(bytes, with_.fsync);
  const std::lock_guard lock{state_};
  active.publish(frame.head());
  high_.store(frame.head().end(), std::memory_order_release);
  return base;
}

void partition_log::roll() {
  const std::lock_guard writing{append_};
  if (!segments_.back()->empty()) roll_for(0);
}

void partition_log::roll_if_older(std::int64_t first_before_ms) {
  const std::lock_guard writing{append_};
  const auto& active = *segments_.back();
  if (!active.empty() && active.first_timestamp() < first_before_ms) roll_for(0);
}

void partition_log::roll_for(std::size_t frame_bytes) {
  auto& old = segments_.back();
  if (!old->empty()) {
    auto fresh = make(high_.load(std::memory_order_relaxed), frame_bytes);
    if (with_.fsync) old->sync();
    const std::lock_guard lock{state_};
    old->freeze();
    segments_.push_back(std::move(fresh));
    return;
  }
  // The frame is larger than a whole segment, and this one is still empty: a roomier one takes its place and name.
  auto fresh = make(old->base(), frame_bytes, 0, true);
  if (durable()) {
    with_.on->rename(fresh->file(), old->file());
    fresh->renamed(old->file());
    if (with_.fsync) sync_directory();
  }
  const std::lock_guard lock{state_};
  old = std::move(fresh);
}

std::optional<partition_log::place> partition_log::find(std::int64_t from) const {
  const std::lock_guard lock{state_};
  if (from < segments_.front()->base() || from > high_.load(std::memory_order_relaxed)) return std::nullopt;
  auto at = std::upper_bound(segments_.begin(), segments_.end(), from,
                             [](std::int64_t o, const std::shared_ptr<segment>& s) { return o < s->base(); });
  for (--at; at != segments_.end(); ++at) {
    const auto found = (*at)->find(from);
    if (found.at < (*at)->size()) return place{*at, found};
  }
  return place{nullptr, {0, high_.load(std::memory_order_relaxed)}};
}

std::int64_t partition_log::find_time(std::int64_t timestamp_ms) const {
  std::vector<std::shared_ptr<segment>> segments;
  {
    const std::lock_guard lock{state_};
    for (const auto& s : segments_) {
      if (s->max_timestamp() >= timestamp_ms) segments.push_back(s);
    }
  }
  for (const auto& s : segments) {
    const auto size = s->size();
    for (auto at = s->find_time(timestamp_ms).at; at < size;) {
      const auto head = read_frame_header(s->data() + at);
      const char* p = s->data() + at + frame_header_size;
      const char* const end = s->data() + at + head.length;
      at += head.length;
      framed_record r;
      while (p != nullptr && p < end) {
        p = read_record(p, end, head, r);
        if (p != nullptr && r.what.timestamp_ms >= timestamp_ms) return r.what.at.value;
      }
    }
  }
  return high_.load(std::memory_order_acquire);
}

bool partition_log::retain(std::optional<std::int64_t> keep_from_ms, std::optional<std::size_t> keep_bytes) {
  const std::lock_guard maintaining{maintenance_};
  std::vector<std::shared_ptr<segment>> gone;
  {
    const std::lock_guard writing{append_};
    const auto& active = *segments_.back();
    if (keep_from_ms && !active.empty() && active.max_timestamp() < *keep_from_ms) roll_for(0);
    const std::lock_guard lock{state_};
    std::size_t left = 0;
    for (const auto& s : segments_) left += s->size();
    auto first = segments_.begin();
    for (; first + 1 != segments_.end(); ++first) {
      const bool old = keep_from_ms && (*first)->max_timestamp() < *keep_from_ms;
      const bool large = keep_bytes && left - (*first)->size() >= *keep_bytes;
      if (!old && !large) break;
      left -= (*first)->size();
      gone.push_back(*first);
    }
    segments_.erase(segments_.begin(), first);
    low_.store(segments_.front()->base(), std::memory_order_release);
  }
  // Oldest first: what a crash leaves behind is a log that starts later.
  for (const auto& s : gone) remove_file(*s);
  return !gone.empty();
}

void partition_log::remove_file(const segment& of) const {
  if (durable()) with_.on->remove(of.file());
}

}  // namespace corka::kafka::embedded
