// Where librdkafka's own threads enter corka, and the only place.
#pragma once

#include "async/signal.hpp"

#include <librdkafka/rdkafka.h>

namespace corka::kafka::rdkafka {

/// Wakes a coroutine when a queue of librdkafka's becomes non-empty.
///
/// Life: destroyed before the queue; nothing is called afterwards. Threads: construct and destroy anywhere; the wake-up
/// comes on a librdkafka thread that holds the queue's lock, so it only notifies. Announces once: who is woken reads
/// until the queue is empty before waiting again.
class event_bridge {
 public:
  event_bridge(rd_kafka_queue_t* queue, async::signal::notifier wake);
  event_bridge(const event_bridge&) = delete;
  event_bridge& operator=(const event_bridge&) = delete;
  ~event_bridge();

  /// Hands a line of librdkafka's log to the logger that is the handle's opaque. For rd_kafka_conf_set_log_cb.
  static void log(const rd_kafka_t* rk, int level, const char* facility, const char* text);

 private:
  static void woken(rd_kafka_t* rk, void* self);

  rd_kafka_queue_t* queue_;
  async::signal::notifier wake_;
};

}  // namespace corka::kafka::rdkafka
