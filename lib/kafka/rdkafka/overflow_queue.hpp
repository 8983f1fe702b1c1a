// Records that librdkafka had no room for.
#pragma once

#include "kafka/ports.hpp"
#include "kafka/rdkafka/delivery_sinks.hpp"
#include "kafka/rdkafka/native.hpp"

#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace corka::kafka::rdkafka {

/// A record that owns its bytes.
class waiting_record {
 public:
  waiting_record(std::shared_ptr<rd_kafka_topic_t> to, const outgoing& what, delivery_key key);

  [[nodiscard]] rd_kafka_topic_t* to() const noexcept { return to_.get(); }
  [[nodiscard]] delivery_key reported_as() const noexcept { return reported_as_; }
  [[nodiscard]] std::size_t bytes() const noexcept { return key_.size() + value_.size(); }
  /// The record as given, with its headers' views in `headers`.
  [[nodiscard]] outgoing view(std::vector<header_view>& headers) const;

 private:
  std::shared_ptr<rd_kafka_topic_t> to_;
  delivery_key reported_as_;
  partition_id partition_;
  std::string key_;
  std::string value_;
  bool tombstone_;
  std::int64_t timestamp_ms_;
  std::vector<std::pair<std::string, std::optional<std::string>>> headers_;
};

using overflow_queue = std::deque<waiting_record>;

}  // namespace corka::kafka::rdkafka
