// Questions and orders to a Kafka cluster.
#pragma once

#include "kafka/ports.hpp"
#include "kafka/rdkafka/client.hpp"

#include <memory>
#include <utility>
#include <vector>

namespace corka::kafka::rdkafka {

/// Errors, besides the port's: error{errc::broker_unavailable} when no broker answered in time,
/// error{errc::unauthorized}. Cancellation: total.
class cluster_admin final : public admin {
 public:
  /// `c` is its own.
  explicit cluster_admin(std::shared_ptr<client> c) : client_{std::move(c)} {}
  cluster_admin(const cluster_admin&) = delete;
  cluster_admin& operator=(const cluster_admin&) = delete;
  ~cluster_admin() override;

  [[nodiscard]] task<std::vector<topic_description>> describe(std::vector<topic_name> topics) override;
  [[nodiscard]] task<std::vector<topic_name>> create(std::vector<new_topic> topics) override;
  [[nodiscard]] task<std::vector<topic_settings>> settings(std::vector<topic_name> topics) override;
  [[nodiscard]] task<std::vector<kafka::member_description>> members(group_name group) override;
  [[nodiscard]] task<std::vector<offset_range>> offsets(std::vector<topic_partition> of) override;
  [[nodiscard]] task<std::vector<offset>> offsets_at(std::vector<topic_partition> of,
                                                     std::int64_t timestamp_ms) override;

 private:
  std::shared_ptr<client> client_;
};

}  // namespace corka::kafka::rdkafka
