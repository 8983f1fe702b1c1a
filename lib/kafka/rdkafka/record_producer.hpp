// Writes to Kafka.
#pragma once

#include "kafka/ports.hpp"
#include "kafka/rdkafka/client.hpp"
#include "kafka/rdkafka/delivery_sinks.hpp"
#include "kafka/rdkafka/overflow_queue.hpp"

#include <atomic>
#include <map>
#include <memory>
#include <mutex>
#include <set>
#include <vector>

namespace corka::kafka::rdkafka {

/// An idempotent producer. Delivery reports are read on `control` and handed to the sinks there.
///
/// librdkafka's own buffer has room for twice the options' buffer, so that it is full only where callers ignore
/// `congested()`; what does not fit then waits here, and everything later waits behind it.
class record_producer final : public producer {
 public:
  /// `asked` tells of topics; it is this producer's own.
  record_producer(producer_options options, std::shared_ptr<handle> h, std::shared_ptr<client> asked, executor control);
  record_producer(const record_producer&) = delete;
  record_producer& operator=(const record_producer&) = delete;
  ~record_producer() override;

  [[nodiscard]] task<std::shared_ptr<output_topic>> topic(topic_name name) override;
  [[nodiscard]] sink_id attach(std::shared_ptr<delivery_sink> sink) override { return sinks_.attach(std::move(sink)); }
  void detach(sink_id id) noexcept override { sinks_.detach(id); }
  void send(const output_topic& to, const outgoing& what, sink_id sink, std::uint64_t tag) override;
  [[nodiscard]] bool congested() const noexcept override;
  void hurry() noexcept override;
  [[nodiscard]] task<> close(clock::time_point deadline) override;

 private:
  struct written_topic;
  struct flushing;

  [[nodiscard]] rd_kafka_resp_err_t produce(rd_kafka_topic_t* to, const outgoing& what, delivery_key key);
  void wait_in_line(const written_topic& to, const outgoing& what, delivery_key key);
  void refuse(rd_kafka_resp_err_t code, delivery_key key, std::size_t bytes);
  void on_event(rd_kafka_event_t* e);
  void on_deliveries(rd_kafka_event_t* e);
  void resend();
  void report_refused();
  void report(sink_id to, const std::vector<delivery_report>& reports);
  void warn_once(rd_kafka_resp_err_t code, std::string_view topic);
  [[nodiscard]] bool idle() const noexcept { return records_.load(std::memory_order_acquire) == 0; }

  producer_options options_;
  std::shared_ptr<client> client_;
  std::shared_ptr<client> asked_;
  delivery_sinks sinks_;
  std::map<topic_name, std::shared_ptr<written_topic>> topics_;
  std::shared_ptr<flushing> flushing_;

  std::atomic<std::size_t> records_{0};  // sent and not reported
  std::atomic<std::size_t> bytes_{0};
  std::atomic<bool> overflowing_{false};  // true while overflow_ holds something
  std::atomic<bool> refused_any_{false};
  std::atomic<bool> closed_{false};

  std::mutex mutex_;  // of the next two
  overflow_queue overflow_;
  std::vector<std::pair<delivery_key, std::error_code>> refused_;

  std::vector<const rd_kafka_message_t*> messages_;  // reused from one event to the next
  std::vector<delivery_report> reports_;
  std::set<rd_kafka_resp_err_t> warned_;
};

}  // namespace corka::kafka::rdkafka
