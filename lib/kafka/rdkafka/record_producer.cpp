#include "kafka/rdkafka/record_producer.hpp"

#include "async/backoff.hpp"
#include "async/timer.hpp"
#include "kafka/rdkafka/errors.hpp"
#include "kafka/rdkafka/requests.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <utility>

namespace corka::kafka::rdkafka {

using namespace std::chrono_literals;

struct record_producer::written_topic final : output_topic {
  written_topic(topic_name n, std::int32_t count, std::shared_ptr<handle> h, rd_kafka_topic_t* t)
      : name{std::move(n)},
        size{count},
        rkt{t, [keep = std::move(h)](rd_kafka_topic_t* p) { rd_kafka_topic_destroy(p); }} {}

  [[nodiscard]] const topic_name& topic() const noexcept override { return name; }
  [[nodiscard]] std::int32_t partitions() const noexcept override { return size; }

  topic_name name;
  std::int32_t size;
  std::shared_ptr<rd_kafka_topic_t> rkt;
};

/// Flushing on the blocking pool: librdkafka ignores the linger time only while somebody waits in rd_kafka_flush.
struct record_producer::flushing : std::enable_shared_from_this<flushing> {
  explicit flushing(std::shared_ptr<client> c, std::chrono::milliseconds linger)
      : of{std::move(c)}, most{static_cast<int>(std::clamp<std::int64_t>(linger.count(), 1, 20))} {}

  void start() {
    if (asked.fetch_add(1, std::memory_order_acq_rel) == 0) run(1);
  }
  void run(int seen) {
    auto flush = [h = of->shared_handle(), ms = most] { rd_kafka_flush(h->get(), ms); };
    auto again = [self = shared_from_this(), seen] {
      // What was asked for meanwhile may have come too late for this one.
      const auto now = self->asked.fetch_sub(seen, std::memory_order_acq_rel) - seen;
      if (now > 0) self->run(now);
    };
    of->where().run_blocking(std::move(flush), of->control(), std::move(again));
  }

  std::shared_ptr<client> of;
  int most;
  std::atomic<int> asked{0};
};

record_producer::record_producer(producer_options options, std::shared_ptr<handle> h, std::shared_ptr<client> asked,
                                 executor control)
    : options_{std::move(options)},
      client_{std::make_shared<client>(std::move(h), std::move(control))},
      asked_{std::move(asked)},
      flushing_{std::make_shared<flushing>(client_, options_.linger)} {
  client::callbacks to;
  to.on_event = [this](rd_kafka_event_t* e) { on_event(e); };
  to.on_idle = [this] { report_refused(); };
  client_->start(std::move(to));
}

record_producer::~record_producer() {
  asked_->stop();
  client_->stop();
}

task<std::shared_ptr<output_topic>> record_producer::topic(topic_name name) {
  if (const auto known = topics_.find(name); known != topics_.end()) co_return known->second;
  const auto c = client_;
  const auto asked = asked_;
  async::backoff wait{100ms, 2s};
  topic_description found;
  while (!found.exists) {
    try {
      std::vector<topic_name> one{name};
      const auto descriptions = co_await describe_topics(asked, std::move(one));
      found = descriptions.at(0);
    } catch (const error& e) {
      if (e.kind() != errc::broker_unavailable) throw;
      if (wait.tries() == 0) c->log().warn(fmt::format("{}; corka goes on trying", e.what()));
    }
    if (found.exists) break;
    // A broker may hear late of a topic that was created a moment ago.
    if (!found.topic.empty() && wait.tries() >= 3) {
      throw error{errc::topic_unknown,
                  fmt::format("topic '{}' cannot be written to: the cluster does not have it: create it", name.str())};
    }
    co_await async::sleep_for(c->time(), wait.next());
  }

  auto* const rkt = rd_kafka_topic_new(c->rk(), name.str().c_str(), nullptr);
  if (rkt == nullptr)
    throw make_error(rd_kafka_last_error(), fmt::format("topic '{}' cannot be written to", name.str()));
  auto made = std::make_shared<written_topic>(name, found.partitions, c->shared_handle(), rkt);
  // Without leaders the first records wait for the next look at the metadata, up to a second.
  const auto warm = [h = c->shared_handle(), rkt] {
    const rd_kafka_metadata_t* metadata = nullptr;
    const auto code = rd_kafka_metadata(h->get(), 0, rkt, &metadata, static_cast<int>(request_timeout.count()));
    if (code == RD_KAFKA_RESP_ERR_NO_ERROR) rd_kafka_metadata_destroy(metadata);
    return code;
  };
  const auto code = co_await async::blocking(c->where(), warm);
  if (code != RD_KAFKA_RESP_ERR_NO_ERROR)
    c->log().debug(fmt::format("topic '{}': {}", name.str(), rd_kafka_err2str(code)));
  topics_.emplace(name, made);
  co_return made;
}

bool record_producer::congested() const noexcept {
  return records_.load(std::memory_order_relaxed) >= options_.buffer_records ||
         bytes_.load(std::memory_order_relaxed) >= options_.buffer_bytes;
}

void record_producer::hurry() noexcept {
  if (!idle()) flushing_->start();
}

void record_producer::send(const output_topic& to, const outgoing& what, sink_id sink, std::uint64_t tag) {
  const auto& topic = static_cast<const written_topic&>(to);
  const delivery_key key{sink, tag};
  const auto size = what.key.size() + what.value.size();
  records_.fetch_add(1, std::memory_order_relaxed);
  bytes_.fetch_add(size, std::memory_order_relaxed);
  if (closed_.load(std::memory_order_acquire)) return refuse(RD_KAFKA_RESP_ERR__PURGE_QUEUE, key, size);
  if (overflowing_.load(std::memory_order_acquire)) return wait_in_line(topic, what, key);
  const auto code = produce(topic.rkt.get(), what, key);
  if (code == RD_KAFKA_RESP_ERR_NO_ERROR) return;
  if (code == RD_KAFKA_RESP_ERR__QUEUE_FULL) return wait_in_line(topic, what, key);
  warn_once(code, topic.name.str());
  refuse(code, key, size);
}

rd_kafka_resp_err_t record_producer::produce(rd_kafka_topic_t* to, const outgoing& what, delivery_key key) {
  // A null pointer means a missing key or value to librdkafka; corka's records have a key, be it empty.
  static constexpr char empty = 0;
  const auto bytes = [](std::string_view v) { return const_cast<char*>(v.data() != nullptr ? v.data() : &empty); };
  auto* const value = what.tombstone ? nullptr : bytes(what.value);
  const auto size = what.tombstone ? 0 : what.value.size();
  if (what.timestamp_ms < 0 && what.headers.empty()) {
    const auto failed = rd_kafka_produce(to, what.partition.value, RD_KAFKA_MSG_F_COPY, value, size, bytes(what.key),
                                         what.key.size(), key.packed());
    return failed == 0 ? RD_KAFKA_RESP_ERR_NO_ERROR : rd_kafka_last_error();
  }

  // Three times as dear, and the only way to say more.
  std::array<rd_kafka_vu_t, 8> args{};
  std::size_t n = 0;
  args[n].vtype = RD_KAFKA_VTYPE_RKT;
  args[n++].u.rkt = to;
  args[n].vtype = RD_KAFKA_VTYPE_PARTITION;
  args[n++].u.i32 = what.partition.value;
  args[n].vtype = RD_KAFKA_VTYPE_MSGFLAGS;
  args[n++].u.i = RD_KAFKA_MSG_F_COPY;
  args[n].vtype = RD_KAFKA_VTYPE_VALUE;
  args[n++].u.mem = {value, size};
  args[n].vtype = RD_KAFKA_VTYPE_KEY;
  args[n++].u.mem = {bytes(what.key), what.key.size()};
  args[n].vtype = RD_KAFKA_VTYPE_OPAQUE;
  args[n++].u.ptr = key.packed();
  if (what.timestamp_ms >= 0) {
    args[n].vtype = RD_KAFKA_VTYPE_TIMESTAMP;
    args[n++].u.i64 = what.timestamp_ms;
  }
  rd_kafka_headers_t* headers = nullptr;
  if (!what.headers.empty()) {
    headers = rd_kafka_headers_new(what.headers.size());
    for (const auto& h : what.headers) {
      rd_kafka_header_add(headers, h.name.data(), static_cast<ssize_t>(h.name.size()),
                          h.value ? bytes(*h.value) : nullptr, h.value ? static_cast<ssize_t>(h.value->size()) : 0);
    }
    args[n].vtype = RD_KAFKA_VTYPE_HEADERS;
    args[n++].u.headers = headers;
  }
  const native::failure failed{rd_kafka_produceva(client_->rk(), args.data(), n)};
  if (!failed) return RD_KAFKA_RESP_ERR_NO_ERROR;
  if (headers != nullptr) rd_kafka_headers_destroy(headers);
  return rd_kafka_error_code(failed.get());
}

void record_producer::wait_in_line(const written_topic& to, const outgoing& what, delivery_key key) {
  const std::lock_guard lock{mutex_};
  overflow_.emplace_back(to.rkt, what, key);
  overflowing_.store(true, std::memory_order_release);
  // The deliveries that make room may all have been read already.
  client_->wake();
}

void record_producer::refuse(rd_kafka_resp_err_t code, delivery_key key, std::size_t bytes) {
  bytes_.fetch_sub(bytes, std::memory_order_relaxed);
  {
    const std::lock_guard lock{mutex_};
    refused_.emplace_back(key, make_error_code(to_errc(code)));
    refused_any_.store(true, std::memory_order_release);
  }
  client_->wake();
}

}  // namespace corka::kafka::rdkafka
