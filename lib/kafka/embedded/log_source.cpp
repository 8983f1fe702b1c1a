#include "kafka/embedded/log_source.hpp"

#include "kafka/embedded/catalog.hpp"
#include "kafka/embedded/faults.hpp"

#include <corka/error.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <utility>
#include <vector>

namespace corka::kafka::embedded {

/// Keeps the segments that a batch's records lie in.
class log_source::holder final : public record_batch::holder {
 public:
  void keep(const std::shared_ptr<const segment>& s) {
    if (segments_.empty() || segments_.back() != s) segments_.push_back(s);
  }
  void add_headers(std::size_t i, std::string_view encoded) { headers_.push_back({i, encoded}); }

  void headers(std::size_t i, std::vector<header_view>& into) const override {
    const auto at = std::lower_bound(headers_.begin(), headers_.end(), i,
                                     [](const entry& e, std::size_t n) { return e.record < n; });
    if (at != headers_.end() && at->record == i) read_headers(at->encoded, into);
  }
  void release() noexcept override {
    segments_.clear();
    headers_.clear();
  }

 private:
  struct entry {
    std::size_t record;
    std::string_view encoded;
  };
  std::vector<std::shared_ptr<const segment>> segments_;
  std::vector<entry> headers_;  // of those records that have any
};

log_source::log_source(std::shared_ptr<broker> on, std::shared_ptr<link> by, topic_partition where, offset from,
                       async::signal::notifier arrived)
    : on_{std::move(on)},
      by_{std::move(by)},
      where_{std::move(where)},
      waiter_{std::move(arrived)},
      next_{from.value} {}

log_source::~log_source() {
  if (on_->faults() != nullptr) on_->time().disarm(hold_up_);
  if (partition_ != nullptr) partition_->remove(waiter_);
}

offset_range log_source::known_range() const noexcept {
  return partition_ == nullptr ? offset_range{} : partition_->log().range();
}

void log_source::bind() {
  if (topic_ == nullptr) {
    auto found = on_->topics().find(where_.topic);
    if (found && found->has(where_.partition)) {
      topic_ = std::move(found);
      partition_ = &topic_->at(where_.partition);
      partition_->add(waiter_);
    }
  }
  if (topic_ == nullptr || topic_->removed()) {
    throw error{errc::topic_unknown,
                fmt::format("{} does not exist{}: create the topic, or correct its name", to_string(where_),
                            topic_ == nullptr ? "" : " any more"),
                where_};
  }
}

bool log_source::enter_segment() {
  const auto found = partition_->log().find(next_);
  if (!found) {
    const auto range = partition_->log().range();
    throw error{errc::offset_out_of_range,
                fmt::format("{}: offset {} is outside of what is kept, {} to {}: start at one of these",
                            to_string(where_), next_, range.low.value, range.high.value),
                where_, offset{next_}};
  }
  if (!found->in) {
    next_ = found->frame.offset;  // nothing but holes up to the end
    return false;
  }
  segment_ = found->in;
  at_ = found->frame.at;
  return true;
}

void log_source::enter_frame() {
  const char* const begin = segment_->data() + at_;
  frame_ = read_frame_header(begin);
  p_ = begin + frame_header_size;
  frame_end_ = begin + frame_.length;
  at_ += frame_.length;
  if ((frame_.attributes & frame_header::control) != 0) p_ = frame_end_;
  if (p_ == frame_end_) next_ = std::max(next_, frame_.end());
}

void log_source::read_frame(batch_limit limit, record_batch& into, holder& keep) {
  framed_record r;
  while (p_ < frame_end_) {
    if (into.records.size() >= limit.records) return;
    const char* const after = read_record(p_, frame_end_, frame_, r);
    if (after == nullptr) {
      throw error{errc::store_failed,
                  fmt::format("{}: the log is damaged at offset {}: its file was changed from outside",
                              to_string(where_), next_),
                  where_, offset{next_}};
    }
    if (r.what.at.value >= next_) {
      const auto size = r.what.key.size() + r.what.value.size();
      if (!into.records.empty() && into.bytes + size > limit.bytes) return;
      if (!r.headers.empty()) keep.add_headers(into.records.size(), r.headers);
      into.records.push_back(r.what);
      into.bytes += size;
      next_ = r.what.at.value + 1;
    }
    p_ = after;
  }
  next_ = std::max(next_, frame_.end());
}

void log_source::hold_up::ring() {
  waiting = false;
  over = true;
  of.waiter_.arrived();
}

bool log_source::held_up(fault_plan& plan, batch_limit& limit) {
  if (hold_up_.waiting) return true;
  const auto range = partition_->log().range();
  if (next_ >= range.high.value || next_ < range.low.value) return false;
  const auto how = plan.fetching(where_);
  limit.records = std::min(limit.records, how.records);
  if (std::exchange(hold_up_.over, false) || how.later == clock::duration::zero()) return false;
  hold_up_.waiting = on_->time().arm(on_->time().now() + how.later, hold_up_);
  return hold_up_.waiting;
}

bool log_source::poll(batch_limit limit, record_batch& into) {
  into.clear();
  into.position = offset{next_};
  bind();
  if (!by_->up()) return false;  // woken when it is up again
  if (auto* plan = on_->faults(); plan != nullptr && held_up(*plan, limit)) return false;
  auto* keep = dynamic_cast<holder*>(into.keep.get());
  if (keep == nullptr) {
    into.keep = std::make_unique<holder>();
    keep = static_cast<holder*>(into.keep.get());
  }
  limit.records = std::max<std::size_t>(limit.records, 1);
  limit.bytes = std::max<std::size_t>(limit.bytes, 1);
  const auto before = next_;
  while (into.records.size() < limit.records && into.bytes < limit.bytes) {
    if (p_ < frame_end_) {
      keep->keep(segment_);
      read_frame(limit, into, *keep);
      if (p_ < frame_end_) break;
    } else if (segment_ != nullptr && at_ < segment_->size()) {
      enter_frame();
    } else if (!enter_segment() && (next_ != before || partition_->arm(waiter_, next_))) {
      break;
    }
  }
  into.position = offset{next_};
  return next_ != before;
}

}  // namespace corka::kafka::embedded
