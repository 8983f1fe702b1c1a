// Owners of librdkafka's C objects.
#pragma once

#include <corka/ids.hpp>

#include <librdkafka/rdkafka.h>

#include <memory>
#include <span>

namespace corka::kafka::rdkafka::native {

template <auto Destroy>
struct destroyer {
  template <class T>
  void operator()(T* p) const noexcept {
    Destroy(p);
  }
};

using queue = std::unique_ptr<rd_kafka_queue_t, destroyer<rd_kafka_queue_destroy>>;
using event = std::unique_ptr<rd_kafka_event_t, destroyer<rd_kafka_event_destroy>>;
using topic = std::unique_ptr<rd_kafka_topic_t, destroyer<rd_kafka_topic_destroy>>;
using conf = std::unique_ptr<rd_kafka_conf_t, destroyer<rd_kafka_conf_destroy>>;
using failure = std::unique_ptr<rd_kafka_error_t, destroyer<rd_kafka_error_destroy>>;
using partition_list =
    std::unique_ptr<rd_kafka_topic_partition_list_t, destroyer<rd_kafka_topic_partition_list_destroy>>;
using admin_options = std::unique_ptr<rd_kafka_AdminOptions_t, destroyer<rd_kafka_AdminOptions_destroy>>;
using topic_collection = std::unique_ptr<rd_kafka_TopicCollection_t, destroyer<rd_kafka_TopicCollection_destroy>>;
using new_topic = std::unique_ptr<rd_kafka_NewTopic_t, destroyer<rd_kafka_NewTopic_destroy>>;
using config_resource = std::unique_ptr<rd_kafka_ConfigResource_t, destroyer<rd_kafka_ConfigResource_destroy>>;
using group_offsets =
    std::unique_ptr<rd_kafka_ListConsumerGroupOffsets_t, destroyer<rd_kafka_ListConsumerGroupOffsets_destroy>>;

inline partition_list make_list(int size = 1) { return partition_list{rd_kafka_topic_partition_list_new(size)}; }

inline rd_kafka_topic_partition_t& add(const partition_list& list, const topic_partition& where) {
  return *rd_kafka_topic_partition_list_add(list.get(), where.topic.str().c_str(), where.partition.value);
}
inline void add(const partition_list& list, const topic_partition& where, std::int64_t at) {
  add(list, where).offset = at;
}

inline std::span<const rd_kafka_topic_partition_t> elements(const rd_kafka_topic_partition_list_t* list) {
  if (list == nullptr) return {};
  return {list->elems, static_cast<std::size_t>(list->cnt)};
}

inline topic_partition where(const rd_kafka_topic_partition_t& p) {
  return {topic_name{p.topic}, partition_id{p.partition}};
}

}  // namespace corka::kafka::rdkafka::native
