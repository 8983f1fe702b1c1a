#include "kafka/rdkafka/fetched_source.hpp"

#include "kafka/rdkafka/errors.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace corka::kafka::rdkafka {

namespace {
/// What `on_error` was told during this thread's current call into librdkafka.
thread_local rd_kafka_resp_err_t told = RD_KAFKA_RESP_ERR_NO_ERROR;
}  // namespace

/// Keeps librdkafka's messages, and through them its fetch buffers, for as long as a batch is looked at.
class fetched_source::kept_messages final : public record_batch::holder {
 public:
  ~kept_messages() override { let_go(); }

  void headers(std::size_t i, std::vector<header_view>& into) const override {
    rd_kafka_headers_t* found = nullptr;
    if (rd_kafka_message_headers(messages_[i], &found) != RD_KAFKA_RESP_ERR_NO_ERROR) return;
    const char* name = nullptr;
    const void* value = nullptr;
    std::size_t size = 0;
    for (std::size_t h = 0; rd_kafka_header_get_all(found, h, &name, &value, &size) == RD_KAFKA_RESP_ERR_NO_ERROR;
         ++h) {
      header_view view;
      view.name = name;
      if (value != nullptr) view.value.emplace(static_cast<const char*>(value), size);
      into.push_back(view);
    }
  }
  void release() noexcept override {
    let_go();
    handle_.reset();
  }

  void keep(const std::shared_ptr<handle>& h, std::size_t expected) {
    handle_ = h;
    messages_.reserve(expected);
  }
  void add(rd_kafka_message_t* m) { messages_.push_back(m); }

 private:
  void let_go() noexcept {
    for (auto* const m : messages_) rd_kafka_message_destroy(m);
    messages_.clear();
  }

  std::shared_ptr<handle> handle_;  // ends after the messages
  std::vector<rd_kafka_message_t*> messages_;
};

fetched_source::fetched_source(std::unique_ptr<partition_feed> feed, async::signal::notifier arrived)
    : feed_{std::move(feed)},
      bridge_{std::make_unique<event_bridge>(feed_->queue(), std::move(arrived))},
      position_{feed_->from()} {}

fetched_source::~fetched_source() {
  bridge_.reset();
  for (auto i = first_; i < arrived_.size(); ++i) rd_kafka_message_destroy(arrived_[i]);
}

bool fetched_source::poll(batch_limit limit, record_batch& into) {
  into.clear();
  into.position = position_;
  if (failed_ && first_ == arrived_.size()) std::rethrow_exception(failed_);
  auto* keep = dynamic_cast<kept_messages*>(into.keep.get());
  if (keep == nullptr) {
    auto made = std::make_unique<kept_messages>();
    keep = made.get();
    into.keep = std::move(made);
  }
  const auto before = position_;
  const auto most = std::max<std::size_t>(limit.records, 1);
  keep->keep(feed_->shared_handle(), 0);
  bool full = false;
  while (!full) {
    if (first_ == arrived_.size()) {
      const auto wanted = most - into.records.size();
      const auto got = refill(wanted);
      full = take(limit, into, *keep);
      if (got < wanted) break;  // the queue was empty: the next arrival is announced
    } else {
      full = take(limit, into, *keep);
    }
    full = full || into.records.size() >= most;
  }
  into.position = position_;
  if (!into.records.empty()) return true;
  keep->release();
  if (failed_) std::rethrow_exception(failed_);
  return position_ != before;
}

std::size_t fetched_source::refill(std::size_t at_most) {
  arrived_.resize(at_most);
  told = RD_KAFKA_RESP_ERR_NO_ERROR;
  const auto n = rd_kafka_consume_batch_queue(feed_->queue(), 0, arrived_.data(), at_most);
  arrived_.resize(static_cast<std::size_t>(std::max<ssize_t>(n, 0)));
  first_ = 0;
  if (told != RD_KAFKA_RESP_ERR_NO_ERROR) note(told, rd_kafka_err2str(told));
  return arrived_.size();
}

// Moves what has arrived into the batch; true: the batch has all that it may hold.
bool fetched_source::take(batch_limit limit, record_batch& into, kept_messages& keep) {
  into.records.reserve(into.records.size() + (arrived_.size() - first_));
  for (; first_ < arrived_.size(); ++first_) {
    auto* const m = arrived_[first_];
    if (m->err != RD_KAFKA_RESP_ERR_NO_ERROR) {
      if (m->err == RD_KAFKA_RESP_ERR__PARTITION_EOF) {
        position_ = std::max(position_, offset{m->offset});
      } else {
        note(m->err, rd_kafka_message_errstr(m));
      }
      rd_kafka_message_destroy(m);
      continue;
    }
    const auto size = m->len + m->key_len;
    if (!into.records.empty() && into.bytes + size > limit.bytes) return true;
    keep.add(m);
    auto& r = into.records.emplace_back();
    r.key = {static_cast<const char*>(m->key), m->key_len};
    r.value = {static_cast<const char*>(m->payload), m->len};
    r.tombstone = m->payload == nullptr;
    r.at = offset{m->offset};
    rd_kafka_timestamp_type_t kind{};
    r.timestamp_ms = rd_kafka_message_timestamp(m, &kind);
    into.bytes += size;
    position_ = offset{m->offset + 1};
  }
  return false;
}

void fetched_source::on_error(rd_kafka_t*, int code, const char*, void*) {
  told = static_cast<rd_kafka_resp_err_t>(code);
}

void fetched_source::note(rd_kafka_resp_err_t code, std::string_view text) {
  const auto kind = to_errc(code);
  const auto& where = feed_->where();
  if (kind == errc::offset_out_of_range) {
    const auto range = known_range();
    failed_ = std::make_exception_ptr(
        error{kind,
              fmt::format("{} cannot be read from offset {}: it holds offsets {} to {}: read from one of these",
                          to_string(where), position_.value, range.low.value, range.high.value),
              where, position_});
  } else if (kind == errc::topic_unknown || kind == errc::unauthorized) {
    const auto e = make_error(code, fmt::format("{} cannot be read", to_string(where)));
    failed_ = std::make_exception_ptr(error{kind, e.what(), where, position_});
  } else {
    feed_->shared_handle()->log().debug(fmt::format("{}: {}", to_string(where), text));
  }
}

offset_range fetched_source::known_range() const noexcept {
  std::int64_t low = 0;
  std::int64_t high = 0;
  const auto& where = feed_->where();
  const auto failed = rd_kafka_get_watermark_offsets(feed_->shared_handle()->get(), where.topic.str().c_str(),
                                                     where.partition.value, &low, &high);
  if (failed != RD_KAFKA_RESP_ERR_NO_ERROR || high < 0) return {};
  return {offset{std::max<std::int64_t>(low, 0)}, offset{high}};
}

}  // namespace corka::kafka::rdkafka
