// Records of one partition as they arrive from Kafka.
#pragma once

#include "kafka/ports.hpp"
#include "kafka/rdkafka/event_bridge.hpp"
#include "kafka/rdkafka/partition_feed.hpp"

#include <cstddef>
#include <exception>
#include <functional>
#include <memory>
#include <string_view>
#include <vector>

namespace corka::kafka::rdkafka {

/// A record_source over a partition's queue.
///
/// Reads with librdkafka's batch call. That is safe here, and only here, because the queue holds one partition, one
/// thread at a time reads it, and the partition is neither sought nor unassigned while the source lives.
class fetched_source final : public record_source {
 public:
  fetched_source(std::unique_ptr<partition_feed> feed, async::signal::notifier arrived);
  fetched_source(const fetched_source&) = delete;
  fetched_source& operator=(const fetched_source&) = delete;
  ~fetched_source() override;

  bool poll(batch_limit limit, record_batch& into) override;
  [[nodiscard]] offset_range known_range() const noexcept override;

  /// For rd_kafka_conf_set_error_cb: errors of a partition are no messages, they come by this call within `poll`.
  static void on_error(rd_kafka_t* rk, int code, const char* text, void* opaque);

 private:
  class kept_messages;
  bool take(batch_limit limit, record_batch& into, kept_messages& keep);
  void note(rd_kafka_resp_err_t code, std::string_view text);
  std::size_t refill(std::size_t at_most);

  std::unique_ptr<partition_feed> feed_;
  std::unique_ptr<event_bridge> bridge_;
  offset position_;
  std::vector<rd_kafka_message_t*> arrived_;  // read from librdkafka, from `first_` on not yet handed out
  std::size_t first_ = 0;
  std::exception_ptr failed_;
};

}  // namespace corka::kafka::rdkafka
