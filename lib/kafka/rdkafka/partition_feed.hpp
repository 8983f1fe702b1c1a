// One partition being fetched into a queue of its own.
#pragma once

#include "kafka/rdkafka/fetch_lines.hpp"
#include "kafka/rdkafka/handle.hpp"
#include "kafka/rdkafka/native.hpp"

#include <corka/ids.hpp>

#include <memory>

namespace corka::kafka::rdkafka {

/// Assigns a partition to a fetching handle for as long as it lives.
///
/// Its records arrive in a queue that feeds no other, so who does not read stops the fetching after
/// queued.max.messages.kbytes; nothing is ever paused, which would throw away what has arrived.
/// Threads: one at a time. Life: ends before the handle. The constructor and destructor wait for librdkafka's main
/// thread, some 0.1 ms.
class partition_feed {
 public:
  /// @throws error, when librdkafka refuses (the partition is being fetched already, or the handle has failed).
  partition_feed(std::unique_ptr<fetch_lines::seat> by, topic_partition where, offset from);
  partition_feed(const partition_feed&) = delete;
  partition_feed& operator=(const partition_feed&) = delete;
  ~partition_feed();

  [[nodiscard]] const topic_partition& where() const noexcept { return where_; }
  [[nodiscard]] offset from() const noexcept { return from_; }
  [[nodiscard]] rd_kafka_queue_t* queue() const noexcept { return queue_.get(); }
  [[nodiscard]] const std::shared_ptr<handle>& shared_handle() const noexcept { return seat_->on(); }

 private:
  [[nodiscard]] rd_kafka_t* rk() const noexcept { return shared_handle()->get(); }

  std::unique_ptr<fetch_lines::seat> seat_;
  topic_partition where_;
  offset from_;
  native::queue queue_;
};

}  // namespace corka::kafka::rdkafka
