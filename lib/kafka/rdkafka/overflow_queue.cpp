#include "kafka/rdkafka/overflow_queue.hpp"

namespace corka::kafka::rdkafka {

waiting_record::waiting_record(std::shared_ptr<rd_kafka_topic_t> to, const outgoing& what, delivery_key key)
    : to_{std::move(to)},
      reported_as_{key},
      partition_{what.partition},
      key_{what.key},
      value_{what.value},
      tombstone_{what.tombstone},
      timestamp_ms_{what.timestamp_ms} {
  for (const auto& h : what.headers) headers_.emplace_back(h.name, h.value);
}

outgoing waiting_record::view(std::vector<header_view>& headers) const {
  headers.clear();
  for (const auto& [name, value] : headers_) headers.push_back({name, value});
  outgoing what;
  what.partition = partition_;
  what.key = key_;
  what.value = value_;
  what.tombstone = tombstone_;
  what.timestamp_ms = timestamp_ms_;
  what.headers = headers;
  return what;
}

}  // namespace corka::kafka::rdkafka
