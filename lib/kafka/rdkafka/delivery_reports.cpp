// The half of record_producer that runs on its strand: what became of the records.
#include "async/timer.hpp"
#include "kafka/rdkafka/errors.hpp"
#include "kafka/rdkafka/record_producer.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace corka::kafka::rdkafka {

using namespace std::chrono_literals;

void record_producer::on_event(rd_kafka_event_t* e) {
  switch (rd_kafka_event_type(e)) {
    case RD_KAFKA_EVENT_DR:
      on_deliveries(e);
      resend();
      break;
    case RD_KAFKA_EVENT_ERROR:
      if (rd_kafka_event_error_is_fatal(e) != 0) {
        client_->log().error(
            fmt::format("the producer has failed for good, make another one: {}", rd_kafka_event_error_string(e)));
      } else if (to_errc(rd_kafka_event_error(e)) != errc::broker_unavailable) {
        client_->log().warn(rd_kafka_event_error_string(e));
      }
      break;
    default: break;
  }
}

void record_producer::on_deliveries(rd_kafka_event_t* e) {
  messages_.resize(rd_kafka_event_message_count(e));
  messages_.resize(rd_kafka_event_message_array(e, messages_.data(), messages_.size()));
  reports_.clear();
  sink_id current = 0;
  std::size_t bytes = 0;
  for (const auto* const m : messages_) {
    const auto key = delivery_key::of(m->_private);
    if (key.sink != current && !reports_.empty()) {
      report(current, reports_);
      reports_.clear();
    }
    current = key.sink;
    bytes += m->len + m->key_len;
    auto& r = reports_.emplace_back();
    r.tag = key.tag;
    if (m->err == RD_KAFKA_RESP_ERR_NO_ERROR) {
      r.at = offset{m->offset};
    } else {
      r.failed = make_error_code(to_errc(m->err));
      if (!closed_) warn_once(m->err, rd_kafka_topic_name(m->rkt));
    }
  }
  bytes_.fetch_sub(bytes, std::memory_order_relaxed);
  records_.fetch_sub(messages_.size(), std::memory_order_release);
  if (!reports_.empty()) report(current, reports_);
}

void record_producer::report(sink_id to, const std::vector<delivery_report>& reports) {
  if (const auto sink = sinks_.find(to)) sink->delivered(reports);
}

// There may be room again.
void record_producer::resend() {
  if (!overflowing_.load(std::memory_order_acquire)) return;
  std::vector<header_view> headers;
  const std::lock_guard lock{mutex_};
  while (!overflow_.empty()) {
    const auto& first = overflow_.front();
    const auto code =
        closed_ ? RD_KAFKA_RESP_ERR__PURGE_QUEUE : produce(first.to(), first.view(headers), first.reported_as());
    if (code == RD_KAFKA_RESP_ERR__QUEUE_FULL) return;
    if (code != RD_KAFKA_RESP_ERR_NO_ERROR) {
      bytes_.fetch_sub(first.bytes(), std::memory_order_relaxed);
      refused_.emplace_back(first.reported_as(), make_error_code(to_errc(code)));
      refused_any_.store(true, std::memory_order_release);
    }
    overflow_.pop_front();
  }
  overflowing_.store(false, std::memory_order_release);
}

// Records that librdkafka did not take are reported like the others, and never from within send.
void record_producer::report_refused() {
  resend();
  if (!refused_any_.load(std::memory_order_acquire)) return;
  std::vector<std::pair<delivery_key, std::error_code>> refused;
  {
    const std::lock_guard lock{mutex_};
    refused.swap(refused_);
    refused_any_.store(false, std::memory_order_release);
  }
  for (const auto& [key, code] : refused) {
    records_.fetch_sub(1, std::memory_order_release);
    delivery_report one;
    one.tag = key.tag;
    one.failed = code;
    report(key.sink, {one});
  }
}

void record_producer::warn_once(rd_kafka_resp_err_t code, std::string_view topic) {
  const std::lock_guard lock{mutex_};
  if (!warned_.insert(code).second) return;
  client_->log().warn(
      fmt::format("a record for topic '{}' could not be written: {} (said once for each kind of failure)", topic,
                  rd_kafka_err2str(code)));
}

task<> record_producer::close(clock::time_point deadline) {
  const auto c = client_;
  const auto left = [&] {
    const auto now = c->time().now();
    return now >= deadline ? 0ms : std::chrono::duration_cast<std::chrono::milliseconds>(deadline - now) + 1ms;
  };
  while (!idle() && left() > 0ms && !c->stopped()) {
    const auto slice = static_cast<int>(std::min(left(), 50ms).count());
    const auto flush = [h = c->shared_handle(), slice] { rd_kafka_flush(h->get(), slice); };
    co_await async::blocking(c->where(), flush);
    c->wake();
    // The reports of what was flushed come by the coroutine that reads events.
    if (!idle()) co_await async::sleep_for(c->time(), 1ms);
  }
  closed_.store(true, std::memory_order_release);
  if (!idle() && !c->stopped()) {
    c->log().warn(fmt::format("closing the producer with {} records not delivered", records_.load()));
    const auto purge = [h = c->shared_handle()] {
      rd_kafka_purge(h->get(), RD_KAFKA_PURGE_F_QUEUE | RD_KAFKA_PURGE_F_INFLIGHT);
    };
    co_await async::blocking(c->where(), purge);
    const auto patience = c->time().now() + 1s;
    while (!idle() && c->time().now() < patience) {
      c->drain();
      report_refused();
      if (!idle()) co_await async::sleep_for(c->time(), 1ms);
    }
  }
  topics_.clear();
  asked_->stop();
  c->stop();
}

}  // namespace corka::kafka::rdkafka
