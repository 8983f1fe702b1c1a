// Compaction of a partition's log: partition_log::compact.
#include "kafka/embedded/partition_log.hpp"

#include <algorithm>
#include <limits>
#include <string_view>
#include <unordered_map>

namespace corka::kafka::embedded {

/// What compaction keeps.
struct survivors {
  std::unordered_map<std::string_view, std::int64_t> last;  ///< offset of the last record of each key
  std::int64_t now_ms = 0;
  std::int64_t delete_retention_ms = 0;

  [[nodiscard]] bool keeps(const record& r, const frame_header& frame) const {
    if (last.at(r.key) != r.at.value) return false;
    return !r.tombstone || frame.compacted_ms < 0 || now_ms - frame.compacted_ms <= delete_retention_ms;
  }
};

namespace {

constexpr std::size_t frame_bytes = 64U << 10U;
constexpr std::int64_t most_delta = std::numeric_limits<std::int32_t>::max();

bool is_plain(const frame_header& h) { return h.attributes == 0 && h.producer_id < 0; }

/// Calls `each` with every frame's head and bytes.
template <class F>
void for_each_frame(const segment& s, F each) {
  const auto size = s.size();
  for (auto at = segment_header_size; at < size;) {
    const auto head = read_frame_header(s.data() + at);
    each(head, std::string_view{s.data() + at, head.length});
    at += head.length;
  }
}

template <class F>
void for_each_record(const frame_header& head, std::string_view frame, F each) {
  const char* p = frame.data() + frame_header_size;
  const char* const end = frame.data() + frame.size();
  framed_record r;
  while (p < end) {
    p = read_record(p, end, head, r);
    if (p == nullptr) return;
    each(r);
  }
}

/// Writes frames to a new segment, joining small ones.
class frame_joiner {
 public:
  frame_joiner(segment& to, bool checksum) : to_{to}, checksum_{checksum} {}

  void add(const framed_record& r, const frame_header& from, std::int64_t compacted_ms) {
    const auto at = r.what.at.value;
    const bool joins = is_plain(from) && is_plain(frame_.head()) && compacted_ms == frame_.head().compacted_ms;
    if (!frame_.empty() && (!joins || frame_.size() >= frame_bytes || at - base_ > most_delta)) finish();
    if (frame_.empty()) {
      base_ = at;
      frame_.head().compacted_ms = compacted_ms;
      frame_.head().attributes = from.attributes;
      frame_.head().producer_id = from.producer_id;
      frame_.head().producer_epoch = from.producer_epoch;
    }
    frame_.add_encoded(static_cast<std::int32_t>(at - base_), r.what, r.headers);
  }
  void add_whole(const frame_header& head, std::string_view frame) {
    finish();
    to_.write(frame, false);
    to_.publish(head);
  }
  void finish() {
    if (frame_.empty()) return;
    to_.write(frame_.seal(base_, checksum_), false);
    to_.publish(frame_.head());
    frame_.clear();
  }

 private:
  segment& to_;
  bool checksum_;
  frame_builder frame_;
  std::int64_t base_ = 0;
};

}  // namespace

std::shared_ptr<segment> partition_log::merge(const std::vector<std::shared_ptr<segment>>& from, std::int64_t until,
                                              const survivors& keep) const {
  // Joined frames may take more than they took alone: differences of offsets and times grow. A record of 5 bytes
  // becomes 18 at most. Only addresses are reserved, no memory.
  std::size_t room = 0;
  for (const auto& s : from) room += 4 * s->size();
  auto made = make(from.front()->base(), room, until, true);
  frame_joiner out{*made, durable()};
  for (const auto& s : from) {
    for_each_frame(*s, [&](const frame_header& head, std::string_view frame) {
      if ((head.attributes & frame_header::control) != 0) return out.add_whole(head, frame);
      const auto compacted_ms = head.compacted_ms < 0 ? keep.now_ms : head.compacted_ms;
      for_each_record(head, frame, [&](const framed_record& r) {
        if (keep.keeps(r.what, head)) out.add(r, head, compacted_ms);
      });
    });
  }
  out.finish();
  return made;
}

bool partition_log::compact(std::int64_t now_ms, std::int64_t delete_retention_ms, double dirty_ratio) {
  const std::lock_guard maintaining{maintenance_};
  std::vector<std::shared_ptr<segment>> old;
  std::int64_t until = 0;
  {
    const std::lock_guard lock{state_};
    old.assign(segments_.begin(), segments_.end() - 1);
    until = segments_.back()->base();
  }
  std::size_t dirty = 0;
  std::size_t all = 0;
  for (const auto& s : old) {
    all += s->size();
    if (s->replaces_to() == 0) dirty += s->size();
  }
  if (old.empty() || static_cast<double>(dirty) < dirty_ratio * static_cast<double>(all)) return false;

  survivors keep;
  keep.now_ms = now_ms;
  keep.delete_retention_ms = delete_retention_ms;
  for (const auto& s : old) {
    for_each_frame(*s, [&](const frame_header& head, std::string_view frame) {
      if ((head.attributes & frame_header::control) != 0) return;
      for_each_record(head, frame, [&](const framed_record& r) { keep.last[r.what.key] = r.what.at.value; });
    });
  }

  for (std::size_t i = 0; i < old.size();) {
    std::vector<std::shared_ptr<segment>> run;
    std::size_t size = 0;
    while (i < old.size() && (run.empty() || size + old[i]->size() <= with_.segment_bytes)) {
      size += old[i]->size();
      run.push_back(old[i++]);
    }
    auto made = merge(run, i < old.size() ? old[i]->base() : until, keep);
    if (durable()) {
      made->sync();
      with_.on->rename(made->file(), run.front()->file());
      made->renamed(run.front()->file());
      if (with_.fsync) sync_directory();
    }
    made->freeze();
    {
      const std::lock_guard writing{append_};
      const std::lock_guard lock{state_};
      const auto at = std::find(segments_.begin(), segments_.end(), run.front());
      *at = std::move(made);
      segments_.erase(at + 1, at + static_cast<std::ptrdiff_t>(run.size()));
    }
    for (std::size_t k = 1; k < run.size(); ++k) remove_file(*run[k]);
  }
  return true;
}

}  // namespace corka::kafka::embedded
