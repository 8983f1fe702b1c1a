#include "support/kafka_client.hpp"

#include <librdkafka/rdkafka.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <stdexcept>

namespace corka::test {

namespace {

constexpr int patience_ms = 30'000;

template <auto Destroy>
struct destroyer {
  template <class T>
  void operator()(T* what) const {
    Destroy(what);
  }
};
using conf_ptr = std::unique_ptr<rd_kafka_conf_t, destroyer<rd_kafka_conf_destroy>>;
using handle = std::unique_ptr<rd_kafka_t, destroyer<rd_kafka_destroy>>;
using topic_handle = std::unique_ptr<rd_kafka_topic_t, destroyer<rd_kafka_topic_destroy>>;
using partition_list =
    std::unique_ptr<rd_kafka_topic_partition_list_t, destroyer<rd_kafka_topic_partition_list_destroy>>;

[[noreturn]] void fail(const std::string& what, const std::string& why) { throw std::runtime_error{what + ": " + why}; }

void check(rd_kafka_resp_err_t err, const std::string& what) {
  if (err != RD_KAFKA_RESP_ERR_NO_ERROR) fail(what, rd_kafka_err2str(err));
}

handle make(rd_kafka_type_t type, const std::map<std::string, std::string>& properties) {
  std::array<char, 512> why{};
  conf_ptr conf{rd_kafka_conf_new()};
  for (const auto& [name, value] : properties) {
    if (rd_kafka_conf_set(conf.get(), name.c_str(), value.c_str(), why.data(), why.size()) != RD_KAFKA_CONF_OK) {
      fail(name, why.data());
    }
  }
  handle made{rd_kafka_new(type, conf.get(), why.data(), why.size())};
  if (!made) fail("rd_kafka_new", why.data());
  static_cast<void>(conf.release());
  return made;
}

}  // namespace

struct kafka_client::impl {
  std::string brokers;
  handle producer;
  std::map<std::string, topic_handle> topics{};  // to be gone before the producer

  /// Starts a request and waits for its answer.
  template <class Start>
  void order(const std::string& topic, Start start) const {
    const std::unique_ptr<rd_kafka_queue_t, destroyer<rd_kafka_queue_destroy>> queue{
        rd_kafka_queue_new(producer.get())};
    start(producer.get(), queue.get());
    using event = std::unique_ptr<rd_kafka_event_t, destroyer<rd_kafka_event_destroy>>;
    const event answer{rd_kafka_queue_poll(queue.get(), patience_ms)};
    if (!answer) fail(topic, "no answer");
    check(rd_kafka_event_error(answer.get()), topic);
  }
  /// How many partitions it has; none if it does not exist.
  [[nodiscard]] std::size_t partitions(const std::string& topic) const {
    const topic_handle handle_of{rd_kafka_topic_new(producer.get(), topic.c_str(), nullptr)};
    const rd_kafka_metadata_t* metadata = nullptr;
    check(rd_kafka_metadata(producer.get(), 0, handle_of.get(), &metadata, patience_ms), topic);
    const std::unique_ptr<const rd_kafka_metadata_t, destroyer<rd_kafka_metadata_destroy>> keep{metadata};
    const auto& told = metadata->topics[0];
    return told.err == RD_KAFKA_RESP_ERR_NO_ERROR ? static_cast<std::size_t>(told.partition_cnt) : 0;
  }
  [[nodiscard]] handle consumer(const std::string& group) const {
    auto made = make(RD_KAFKA_CONSUMER, {{"bootstrap.servers", brokers},
                                         {"group.id", group},
                                         {"enable.auto.commit", "false"},
                                         {"enable.partition.eof", "true"},
                                         {"log_level", "3"}});
    rd_kafka_poll_set_consumer(made.get());
    return made;
  }
};

kafka_client::kafka_client(const std::string& brokers)
    : impl_{std::make_unique<impl>(impl{brokers, make(RD_KAFKA_PRODUCER, {{"bootstrap.servers", brokers},
                                                                          {"enable.idempotence", "true"},
                                                                          {"linger.ms", "0"},
                                                                          {"log_level", "3"}})})} {}

kafka_client::~kafka_client() = default;

void kafka_client::create_topic(const std::string& topic, std::int32_t partitions,
                                std::map<std::string, std::string> config) {
  std::array<char, 512> why{};
  using new_topic = std::unique_ptr<rd_kafka_NewTopic_t, destroyer<rd_kafka_NewTopic_destroy>>;
  const new_topic wanted{rd_kafka_NewTopic_new(topic.c_str(), partitions, 1, why.data(), why.size())};
  if (!wanted) fail(topic, why.data());
  for (const auto& [name, value] : config) {
    check(rd_kafka_NewTopic_set_config(wanted.get(), name.c_str(), value.c_str()), topic);
  }
  const std::unique_ptr<rd_kafka_queue_t, destroyer<rd_kafka_queue_destroy>> queue{
      rd_kafka_queue_new(impl_->producer.get())};
  auto* one = wanted.get();
  rd_kafka_CreateTopics(impl_->producer.get(), &one, 1, nullptr, queue.get());
  using event = std::unique_ptr<rd_kafka_event_t, destroyer<rd_kafka_event_destroy>>;
  const event answer{rd_kafka_queue_poll(queue.get(), patience_ms)};
  if (!answer) fail(topic, "no answer to CreateTopics");
  check(rd_kafka_event_error(answer.get()), topic);
  std::size_t count = 0;
  const auto* const* results =
      rd_kafka_CreateTopics_result_topics(rd_kafka_event_CreateTopics_result(answer.get()), &count);
  check(rd_kafka_topic_result_error(results[0]), topic);
  // Known to the controller is not known to the broker yet.
  while (ends(topic).size() != static_cast<std::size_t>(partitions)) {}
}

void kafka_client::delete_topic(const std::string& topic) {
  using delete_topic = std::unique_ptr<rd_kafka_DeleteTopic_t, destroyer<rd_kafka_DeleteTopic_destroy>>;
  const delete_topic wanted{rd_kafka_DeleteTopic_new(topic.c_str())};
  auto* one = wanted.get();
  impl_->order(
      topic, [&](rd_kafka_t* rk, rd_kafka_queue_t* answers) { rd_kafka_DeleteTopics(rk, &one, 1, nullptr, answers); });
  impl_->topics.erase(topic);
  while (!ends(topic).empty()) {}
}

void kafka_client::grow_topic(const std::string& topic, std::int32_t partitions) {
  std::array<char, 512> why{};
  using new_partitions = std::unique_ptr<rd_kafka_NewPartitions_t, destroyer<rd_kafka_NewPartitions_destroy>>;
  const new_partitions wanted{
      rd_kafka_NewPartitions_new(topic.c_str(), static_cast<std::size_t>(partitions), why.data(), why.size())};
  if (!wanted) fail(topic, why.data());
  auto* one = wanted.get();
  impl_->order(topic, [&](rd_kafka_t* rk, rd_kafka_queue_t* answers) {
    rd_kafka_CreatePartitions(rk, &one, 1, nullptr, answers);
  });
  impl_->topics.erase(topic);
  while (ends(topic).size() != static_cast<std::size_t>(partitions)) {}
}

void kafka_client::truncate(const std::string& topic, std::int32_t partition, std::int64_t before) {
  const partition_list list{rd_kafka_topic_partition_list_new(1)};
  rd_kafka_topic_partition_list_add(list.get(), topic.c_str(), partition)->offset = before;
  using delete_records = std::unique_ptr<rd_kafka_DeleteRecords_t, destroyer<rd_kafka_DeleteRecords_destroy>>;
  const delete_records wanted{rd_kafka_DeleteRecords_new(list.get())};
  auto* one = wanted.get();
  impl_->order(
      topic, [&](rd_kafka_t* rk, rd_kafka_queue_t* answers) { rd_kafka_DeleteRecords(rk, &one, 1, nullptr, answers); });
}

std::vector<std::int64_t> kafka_client::ends(const std::string& topic) {
  const auto deadline = std::chrono::steady_clock::now() + std::chrono::milliseconds{patience_ms};
  while (true) {
    std::vector<std::int64_t> all(impl_->partitions(topic));
    auto failed = RD_KAFKA_RESP_ERR_NO_ERROR;
    for (std::size_t p = 0; p < all.size() && failed == RD_KAFKA_RESP_ERR_NO_ERROR; ++p) {
      std::int64_t low = 0;
      failed = rd_kafka_query_watermark_offsets(impl_->producer.get(), topic.c_str(), static_cast<std::int32_t>(p),
                                                &low, &all[p], patience_ms);
    }
    if (failed == RD_KAFKA_RESP_ERR_NO_ERROR) return all;
    // One that was just made, or whose broker was just started, has no leader for a moment; one that was just deleted
    // is still named for a moment: its partitions are asked for anew.
    if (std::chrono::steady_clock::now() >= deadline) check(failed, topic);
    rd_kafka_poll(impl_->producer.get(), 50);
  }
}

std::vector<std::int64_t> kafka_client::committed(const std::string& group, const std::string& topic) {
  const auto partitions = ends(topic).size();
  const auto consumer = impl_->consumer(group);
  const partition_list list{rd_kafka_topic_partition_list_new(static_cast<int>(partitions))};
  for (std::size_t p = 0; p < partitions; ++p) {
    rd_kafka_topic_partition_list_add(list.get(), topic.c_str(), static_cast<std::int32_t>(p));
  }
  check(rd_kafka_committed(consumer.get(), list.get(), patience_ms), group);
  std::vector<std::int64_t> all;
  for (std::size_t p = 0; p < partitions; ++p) all.push_back(std::max<std::int64_t>(-1, list->elems[p].offset));
  return all;
}

void kafka_client::produce(const std::string& topic, std::int32_t partition, std::string_view key,
                           std::string_view value, std::int64_t timestamp_ms) {
  auto& to = impl_->topics[topic];
  if (!to) to.reset(rd_kafka_topic_new(impl_->producer.get(), topic.c_str(), nullptr));
  std::vector<rd_kafka_vu_t> args(timestamp_ms > 0 ? 6 : 5);
  args[0].vtype = RD_KAFKA_VTYPE_RKT;
  args[0].u.rkt = to.get();
  args[1].vtype = RD_KAFKA_VTYPE_PARTITION;
  args[1].u.i32 = partition;
  args[2].vtype = RD_KAFKA_VTYPE_MSGFLAGS;
  args[2].u.i = RD_KAFKA_MSG_F_COPY;
  args[3].vtype = RD_KAFKA_VTYPE_VALUE;
  args[3].u.mem = {const_cast<char*>(value.data()), value.size()};
  args[4].vtype = RD_KAFKA_VTYPE_KEY;
  args[4].u.mem = {const_cast<char*>(key.data()), key.size()};
  if (timestamp_ms > 0) {
    args[5].vtype = RD_KAFKA_VTYPE_TIMESTAMP;
    args[5].u.i64 = timestamp_ms;
  }
  while (true) {
    const std::unique_ptr<rd_kafka_error_t, destroyer<rd_kafka_error_destroy>> refused{
        rd_kafka_produceva(impl_->producer.get(), args.data(), args.size())};
    if (!refused) return;
    const auto code = rd_kafka_error_code(refused.get());
    if (code != RD_KAFKA_RESP_ERR__QUEUE_FULL) check(code, topic);
    rd_kafka_poll(impl_->producer.get(), 10);
  }
}

void kafka_client::flush() { check(rd_kafka_flush(impl_->producer.get(), patience_ms), "flush"); }

void kafka_client::read_all(const std::string& topic, const visitor& visit) {
  const auto until = ends(topic);
  const auto consumer = impl_->consumer("witness");
  const partition_list list{rd_kafka_topic_partition_list_new(static_cast<int>(until.size()))};
  std::size_t open = 0;
  for (std::size_t p = 0; p < until.size(); ++p) {
    if (until[p] == 0) continue;
    rd_kafka_topic_partition_list_add(list.get(), topic.c_str(), static_cast<std::int32_t>(p))->offset =
        RD_KAFKA_OFFSET_BEGINNING;
    ++open;
  }
  check(rd_kafka_assign(consumer.get(), list.get()), topic);
  using message = std::unique_ptr<rd_kafka_message_t, destroyer<rd_kafka_message_destroy>>;
  std::vector<bool> ended(until.size());
  while (open > 0) {
    const message m{rd_kafka_consumer_poll(consumer.get(), patience_ms)};
    if (!m) fail(topic, "nothing arrives");
    const auto p = static_cast<std::size_t>(m->partition);
    // The end may have moved on since: what came later is not asked for, and what is compacted never comes.
    if (m->err == RD_KAFKA_RESP_ERR__PARTITION_EOF || m->offset >= until[p]) {
      if (!ended[p]) --open;
      ended[p] = true;
      continue;
    }
    check(m->err, topic);
    std::optional<std::string_view> value;
    if (m->payload != nullptr) value.emplace(static_cast<const char*>(m->payload), m->len);
    visit(m->partition, {static_cast<const char*>(m->key), m->key_len}, value);
  }
}

std::map<std::string, std::string> kafka_client::table(const std::string& topic) {
  std::map<std::string, std::string> rows;
  read_all(topic, [&](std::int32_t, std::string_view key, std::optional<std::string_view> value) {
    if (value) rows.insert_or_assign(std::string{key}, std::string{*value});
    else rows.erase(std::string{key});
  });
  return rows;
}

}  // namespace corka::test
