#include "kafka/rdkafka/cluster_admin.hpp"

#include "kafka/rdkafka/descriptions.hpp"
#include "kafka/rdkafka/requests.hpp"

#include <utility>

namespace corka::kafka::rdkafka {

cluster_admin::~cluster_admin() { client_->stop(); }

task<std::vector<topic_description>> cluster_admin::describe(std::vector<topic_name> topics) {
  return describe_topics(client_, std::move(topics));
}

task<std::vector<topic_name>> cluster_admin::create(std::vector<new_topic> topics) {
  return create_topics(client_, std::move(topics));
}

task<std::vector<topic_settings>> cluster_admin::settings(std::vector<topic_name> topics) {
  return describe_settings(client_, std::move(topics));
}

task<std::vector<kafka::member_description>> cluster_admin::members(group_name group) {
  return describe_members(client_, std::move(group));
}

task<std::vector<offset_range>> cluster_admin::offsets(std::vector<topic_partition> of) {
  const auto c = client_;
  const auto lows = co_await list_offsets(c, of, RD_KAFKA_OFFSET_SPEC_EARLIEST);
  const auto highs = co_await list_offsets(c, of, RD_KAFKA_OFFSET_SPEC_LATEST);
  std::vector<offset_range> ranges;
  for (std::size_t i = 0; i < of.size(); ++i) ranges.push_back({lows[i], highs[i]});
  co_return ranges;
}

task<std::vector<offset>> cluster_admin::offsets_at(std::vector<topic_partition> of, std::int64_t timestamp_ms) {
  const auto c = client_;
  // The end first: a record that comes meanwhile is then not skipped.
  const auto highs = co_await list_offsets(c, of, RD_KAFKA_OFFSET_SPEC_LATEST);
  auto found = co_await list_offsets(c, of, timestamp_ms < 0 ? 0 : timestamp_ms);
  for (std::size_t i = 0; i < of.size(); ++i) {
    if (found[i].value < 0) found[i] = highs[i];
  }
  co_return found;
}

}  // namespace corka::kafka::rdkafka
