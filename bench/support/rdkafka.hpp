// Small owners of librdkafka's objects for bench programs.
#pragma once

#include <librdkafka/rdkafka.h>

#include <array>
#include <cstdio>
#include <cstdlib>
#include <map>
#include <memory>
#include <string>

namespace bench {

template <auto Destroy>
struct destroyer {
  template <class T>
  void operator()(T* what) const {
    Destroy(what);
  }
};
using kafka_handle = std::unique_ptr<rd_kafka_t, destroyer<rd_kafka_destroy>>;
using kafka_topic = std::unique_ptr<rd_kafka_topic_t, destroyer<rd_kafka_topic_destroy>>;
using kafka_queue = std::unique_ptr<rd_kafka_queue_t, destroyer<rd_kafka_queue_destroy>>;
using kafka_event = std::unique_ptr<rd_kafka_event_t, destroyer<rd_kafka_event_destroy>>;
using kafka_partitions =
    std::unique_ptr<rd_kafka_topic_partition_list_t, destroyer<rd_kafka_topic_partition_list_destroy>>;

[[noreturn]] inline void die(const std::string& what) {
  std::fprintf(stderr, "%s\n", what.c_str());
  std::exit(1);
}
inline void check(rd_kafka_resp_err_t err, const std::string& what) {
  if (err != RD_KAFKA_RESP_ERR_NO_ERROR) die(what + ": " + rd_kafka_err2str(err));
}

using kafka_properties = std::map<std::string, std::string>;

/// `prepare` may set what text cannot.
template <class Prepare>
[[nodiscard]] kafka_handle make_handle(rd_kafka_type_t type, const kafka_properties& properties, Prepare prepare) {
  std::array<char, 512> why{};
  auto* conf = rd_kafka_conf_new();
  for (const auto& [name, value] : properties) {
    if (rd_kafka_conf_set(conf, name.c_str(), value.c_str(), why.data(), why.size()) != RD_KAFKA_CONF_OK)
      die(why.data());
  }
  prepare(conf);
  kafka_handle made{rd_kafka_new(type, conf, why.data(), why.size())};
  if (!made) die(why.data());
  return made;
}
[[nodiscard]] inline kafka_handle make_handle(rd_kafka_type_t type, const kafka_properties& properties) {
  return make_handle(type, properties, [](rd_kafka_conf_t*) {});
}

/// Makes a topic, and returns once it can be written to.
inline void create_topic(rd_kafka_t* producer, const std::string& topic, std::int32_t partitions,
                         const kafka_properties& config) {
  std::array<char, 512> why{};
  auto* wanted = rd_kafka_NewTopic_new(topic.c_str(), partitions, 1, why.data(), why.size());
  if (wanted == nullptr) die(why.data());
  for (const auto& [name, value] : config) rd_kafka_NewTopic_set_config(wanted, name.c_str(), value.c_str());
  const kafka_queue queue{rd_kafka_queue_new(producer)};
  rd_kafka_CreateTopics(producer, &wanted, 1, nullptr, queue.get());
  rd_kafka_NewTopic_destroy(wanted);
  const kafka_event answer{rd_kafka_queue_poll(queue.get(), 30'000)};
  if (!answer) die(topic + ": no answer to CreateTopics");
  check(rd_kafka_event_error(answer.get()), topic);
  std::size_t count = 0;
  check(rd_kafka_topic_result_error(
            rd_kafka_CreateTopics_result_topics(rd_kafka_event_CreateTopics_result(answer.get()), &count)[0]),
        topic);
  const kafka_topic handle{rd_kafka_topic_new(producer, topic.c_str(), nullptr)};
  while (true) {
    const rd_kafka_metadata_t* metadata = nullptr;
    check(rd_kafka_metadata(producer, 0, handle.get(), &metadata, 30'000), topic);
    const bool known = metadata->topics[0].partition_cnt == partitions;
    rd_kafka_metadata_destroy(metadata);
    if (known) return;
  }
}

}  // namespace bench
