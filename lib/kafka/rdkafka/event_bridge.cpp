#include "kafka/rdkafka/event_bridge.hpp"

#include <corka/log.hpp>

#include <syslog.h>
#include <string>
#include <utility>

namespace corka::kafka::rdkafka {

event_bridge::event_bridge(rd_kafka_queue_t* queue, async::signal::notifier wake)
    : queue_{queue}, wake_{std::move(wake)} {
  rd_kafka_queue_cb_event_enable(queue_, &event_bridge::woken, this);
  wake_();  // what is in the queue already is not announced
}

event_bridge::~event_bridge() { rd_kafka_queue_cb_event_enable(queue_, nullptr, nullptr); }

void event_bridge::woken(rd_kafka_t*, void* self) { static_cast<event_bridge*>(self)->wake_(); }

void event_bridge::log(const rd_kafka_t* rk, int level, const char* facility, const char* text) {
  const auto* const to = rk != nullptr ? static_cast<const logger*>(rd_kafka_opaque(rk)) : nullptr;
  if (to == nullptr) return;
  // librdkafka calls a broker that cannot be reached an error; corka goes on without it.
  const auto as = level <= LOG_CRIT      ? log_level::error
                  : level <= LOG_WARNING ? log_level::warn
                  : level <= LOG_INFO    ? log_level::info
                                         : log_level::debug;
  if (!to->enabled(as)) return;
  to->write(as, std::string{facility} + ": " + text);
}

}  // namespace corka::kafka::rdkafka
