// What is asked of a cluster, as coroutines.
#pragma once

#include "kafka/ports.hpp"
#include "kafka/rdkafka/client.hpp"
#include "kafka/rdkafka/native.hpp"

#include <chrono>
#include <optional>
#include <vector>

namespace corka::kafka::rdkafka {

/// How long one request may take before the brokers count as away.
constexpr std::chrono::milliseconds request_timeout{5'000};

/// What every request to the brokers is sent with.
[[nodiscard]] native::admin_options make_admin_options(client& c, rd_kafka_admin_op_t op, void* opaque,
                                                       std::chrono::milliseconds patience = request_timeout);

/// Strand: the client's control. Cancellation: total. Errors: as kafka::admin says; error{errc::broker_unavailable}
/// after `request_timeout` without an answer, error{errc::unauthorized}, error{errc::stopped} when the client ends.
[[nodiscard]] task<std::vector<topic_description>> describe_topics(std::shared_ptr<client> c,
                                                                   std::vector<topic_name> topics);
[[nodiscard]] task<std::vector<topic_name>> create_topics(std::shared_ptr<client> c, std::vector<new_topic> topics);

/// Which offset of a partition is asked: rd_kafka_OffsetSpec_t's values, or a time in milliseconds since 1970.
/// An offset of -1 stands for "none".
[[nodiscard]] task<std::vector<offset>> list_offsets(std::shared_ptr<client> c, std::vector<topic_partition> of,
                                                     std::int64_t spec);
/// Committed offsets of a group.
[[nodiscard]] task<std::vector<std::optional<offset>>> group_offsets(std::shared_ptr<client> c, group_name group,
                                                                     std::vector<topic_partition> of);

/// The same two as plain requests.
void start_describe(client& c, const std::vector<topic_name>& topics, void* opaque, rd_kafka_queue_t* replies);
void start_group_offsets(client& c, const group_name& group, const std::vector<topic_partition>& of, void* opaque,
                         rd_kafka_queue_t* replies, std::chrono::milliseconds patience = request_timeout);
[[nodiscard]] std::vector<topic_description> read_descriptions(rd_kafka_event_t* answer);

}  // namespace corka::kafka::rdkafka
