#include "kafka/rdkafka/requests.hpp"

#include "async/backoff.hpp"
#include "async/timer.hpp"
#include "kafka/rdkafka/errors.hpp"

#include <fmt/format.h>

#include <array>
#include <map>
#include <set>
#include <utility>

namespace corka::kafka::rdkafka {

namespace {

[[noreturn]] void fail(rd_kafka_resp_err_t code, std::string_view what, const char* detail) {
  throw make_error(code, what, detail != nullptr ? detail : "");
}

void check(rd_kafka_event_t* answer, std::string_view what) {
  const auto code = rd_kafka_event_error(answer);
  if (code != RD_KAFKA_RESP_ERR_NO_ERROR) fail(code, what, rd_kafka_event_error_string(answer));
}

/// Blocks. Makes librdkafka ask who leads the topic's partitions: its own requests for offsets trust what they knew
/// once.
void forget_leaders(handle& h, const topic_name& topic) {
  const native::topic rkt{rd_kafka_topic_new(h.get(), topic.str().c_str(), nullptr)};
  if (!rkt) return;
  const rd_kafka_metadata_t* metadata = nullptr;
  const auto code = rd_kafka_metadata(h.get(), 0, rkt.get(), &metadata, 1'000);
  if (code == RD_KAFKA_RESP_ERR_NO_ERROR) rd_kafka_metadata_destroy(metadata);
}

}  // namespace

native::admin_options make_admin_options(client& c, rd_kafka_admin_op_t op, void* opaque,
                                         std::chrono::milliseconds patience) {
  native::admin_options made{rd_kafka_AdminOptions_new(c.rk(), op)};
  std::array<char, 128> text{};
  rd_kafka_AdminOptions_set_request_timeout(made.get(), static_cast<int>(patience.count()), text.data(), text.size());
  rd_kafka_AdminOptions_set_opaque(made.get(), opaque);
  return made;
}

void start_describe(client& c, const std::vector<topic_name>& topics, void* opaque, rd_kafka_queue_t* replies) {
  std::vector<const char*> names;
  for (const auto& t : topics) names.push_back(t.str().c_str());
  const native::topic_collection collection{rd_kafka_TopicCollection_of_topic_names(names.data(), names.size())};
  const auto options = make_admin_options(c, RD_KAFKA_ADMIN_OP_DESCRIBETOPICS, opaque);
  rd_kafka_DescribeTopics(c.rk(), collection.get(), options.get(), replies);
}

std::vector<topic_description> read_descriptions(rd_kafka_event_t* answer) {
  check(answer, "the cluster did not describe its topics");
  std::size_t n = 0;
  const auto* const found = rd_kafka_DescribeTopics_result_topics(rd_kafka_event_DescribeTopics_result(answer), &n);
  std::vector<topic_description> descriptions;
  for (std::size_t i = 0; i < n; ++i) {
    topic_description d;
    d.topic = topic_name{rd_kafka_TopicDescription_name(found[i])};
    const auto* const failed = rd_kafka_TopicDescription_error(found[i]);
    const auto code = failed != nullptr ? rd_kafka_error_code(failed) : RD_KAFKA_RESP_ERR_NO_ERROR;
    if (code != RD_KAFKA_RESP_ERR_NO_ERROR) {
      if (to_errc(code) != errc::topic_unknown) {
        fail(code, fmt::format("topic '{}' could not be described", d.topic.str()), rd_kafka_error_string(failed));
      }
    } else {
      std::size_t partitions = 0;
      const auto* const parts = rd_kafka_TopicDescription_partitions(found[i], &partitions);
      d.exists = true;
      d.partitions = static_cast<std::int32_t>(partitions);
      if (const auto* const id = rd_kafka_TopicDescription_topic_id(found[i])) d.id = rd_kafka_Uuid_base64str(id);
      if (partitions > 0) {
        std::size_t replicas = 0;
        static_cast<void>(rd_kafka_TopicPartitionInfo_replicas(parts[0], &replicas));
        d.replication = static_cast<std::int16_t>(replicas);
      }
    }
    descriptions.push_back(std::move(d));
  }
  return descriptions;
}

task<std::vector<topic_description>> describe_topics(std::shared_ptr<client> c, std::vector<topic_name> topics) {
  if (topics.empty()) co_return std::vector<topic_description>{};
  const auto start = [&](void* opaque, rd_kafka_queue_t* replies) { start_describe(*c, topics, opaque, replies); };
  const auto answer = co_await c->ask(start);
  auto found = read_descriptions(answer.get());
  // The answer's order is the broker's.
  std::map<topic_name, topic_description> by_name;
  for (auto& d : found) by_name.emplace(d.topic, std::move(d));
  std::vector<topic_description> ordered;
  for (const auto& t : topics) {
    auto d = by_name[t];
    d.topic = t;
    ordered.push_back(std::move(d));
  }
  co_return ordered;
}

task<std::vector<topic_name>> create_topics(std::shared_ptr<client> c, std::vector<new_topic> topics) {
  std::vector<topic_name> ours;
  if (topics.empty()) co_return ours;
  std::vector<native::new_topic> made;
  std::vector<rd_kafka_NewTopic_t*> raw;
  std::vector<topic_name> names;
  for (const auto& t : topics) {
    std::array<char, 256> text{};
    made.emplace_back(
        rd_kafka_NewTopic_new(t.topic.str().c_str(), t.partitions, t.replication, text.data(), text.size()));
    if (!made.back()) {
      throw error{errc::invalid_option,
                  fmt::format("topic '{}' cannot be created: {}: correct it", t.topic.str(), text.data())};
    }
    for (const auto& [key, value] : t.config)
      rd_kafka_NewTopic_set_config(made.back().get(), key.c_str(), value.c_str());
    raw.push_back(made.back().get());
    names.push_back(t.topic);
  }
  const auto start = [&](void* opaque, rd_kafka_queue_t* replies) {
    const auto options = make_admin_options(*c, RD_KAFKA_ADMIN_OP_CREATETOPICS, opaque);
    rd_kafka_CreateTopics(c->rk(), raw.data(), raw.size(), options.get(), replies);
  };
  const auto answer = co_await c->ask(start);
  check(answer.get(), "topics could not be created");
  std::size_t n = 0;
  const auto* const results = rd_kafka_CreateTopics_result_topics(rd_kafka_event_CreateTopics_result(answer.get()), &n);
  for (std::size_t i = 0; i < n; ++i) {
    const auto code = rd_kafka_topic_result_error(results[i]);
    if (code == RD_KAFKA_RESP_ERR_NO_ERROR) ours.emplace_back(rd_kafka_topic_result_name(results[i]));
    if (code == RD_KAFKA_RESP_ERR_NO_ERROR || code == RD_KAFKA_RESP_ERR_TOPIC_ALREADY_EXISTS) continue;
    fail(code, fmt::format("topic '{}' could not be created", rd_kafka_topic_result_name(results[i])),
         rd_kafka_topic_result_error_string(results[i]));
  }

  // The controller has them; the broker that is asked next may hear of it a moment later.
  async::backoff wait{std::chrono::milliseconds{10}, std::chrono::milliseconds{500}};
  const auto deadline = c->time().now() + request_timeout * 3;
  while (true) {
    auto ask_for = names;
    const auto known = co_await describe_topics(c, std::move(ask_for));
    std::string missing;
    for (const auto& d : known) {
      if (!d.exists && missing.empty()) missing = d.topic.str();
    }
    if (missing.empty()) co_return ours;
    if (c->time().now() >= deadline) {
      throw error{errc::timed_out,
                  fmt::format("topic '{}' was created but the cluster does not know it yet: try again", missing)};
    }
    co_await async::sleep_for(c->time(), wait.next());
  }
}

namespace {

/// @throws error{errc::topic_unknown} for the first one that the cluster does not have.
task<> check_known(std::shared_ptr<client> c, std::vector<topic_partition> of) {
  std::set<topic_name> names;
  for (const auto& tp : of) names.insert(tp.topic);
  std::map<topic_name, std::int32_t> partitions;
  for (const auto& d : co_await describe_topics(std::move(c), {names.begin(), names.end()})) {
    partitions[d.topic] = d.exists ? d.partitions : 0;
  }
  for (const auto& tp : of) {
    if (tp.partition.value < partitions.at(tp.topic)) continue;
    throw error{errc::topic_unknown,
                fmt::format("the cluster has no {}: create the topic, or correct its name", to_string(tp)), tp};
  }
}

}  // namespace

task<std::vector<offset>> list_offsets(std::shared_ptr<client> c, std::vector<topic_partition> of, std::int64_t spec) {
  std::map<topic_partition, std::int64_t> known;
  async::backoff wait{std::chrono::milliseconds{50}, std::chrono::milliseconds{500}};
  const auto deadline = c->time().now() + request_timeout;
  while (known.size() < of.size()) {
    const auto list = native::make_list(static_cast<int>(of.size()));
    for (const auto& tp : of) {
      if (!known.contains(tp) &&
          rd_kafka_topic_partition_list_find(list.get(), tp.topic.str().c_str(), tp.partition.value) == nullptr) {
        native::add(list, tp, spec);
      }
    }
    if (list->cnt == 0) break;  // asked for twice
    const auto start = [&](void* opaque, rd_kafka_queue_t* replies) {
      const auto options = make_admin_options(*c, RD_KAFKA_ADMIN_OP_LISTOFFSETS, opaque);
      // The end is the high watermark, also while somebody's transaction is open.
      const native::failure failed{
          rd_kafka_AdminOptions_set_isolation_level(options.get(), RD_KAFKA_ISOLATION_LEVEL_READ_UNCOMMITTED)};
      rd_kafka_ListOffsets(c->rk(), list.get(), options.get(), replies);
    };
    const auto answer = co_await c->ask(start);
    const bool last_try = c->time().now() >= deadline;
    const auto code = rd_kafka_event_error(answer.get());
    // Of some of them it knows no leader, and so tells nothing of any: they do not exist, or have none at the moment.
    const bool leaderless = code == RD_KAFKA_RESP_ERR__NOENT;
    if (leaderless) co_await check_known(c, of);
    if (code != RD_KAFKA_RESP_ERR_NO_ERROR && (last_try || !(is_transient(code) || leaderless))) {
      fail(code, "the cluster did not tell its offsets", rd_kafka_event_error_string(answer.get()));
    }
    std::set<topic_name> moved;
    std::size_t n = 0;
    const auto* const infos =
        code != RD_KAFKA_RESP_ERR_NO_ERROR
            ? nullptr
            : rd_kafka_ListOffsets_result_infos(rd_kafka_event_ListOffsets_result(answer.get()), &n);
    for (std::size_t i = 0; i < n; ++i) {
      const auto* const p = rd_kafka_ListOffsetsResultInfo_topic_partition(infos[i]);
      if (p->err == RD_KAFKA_RESP_ERR_NO_ERROR) {
        known.emplace(native::where(*p), p->offset);
      } else if (last_try || !is_transient(p->err)) {
        fail(p->err, fmt::format("the cluster did not tell the offsets of {}", to_string(native::where(*p))), nullptr);
      } else {
        moved.insert(topic_name{p->topic});
      }
    }
    if (code == RD_KAFKA_RESP_ERR_NO_ERROR && moved.empty()) break;
    for (const auto& topic : moved) {
      const auto ask_again = [h = c->shared_handle(), topic] { forget_leaders(*h, topic); };
      co_await async::blocking(c->where(), ask_again);
    }
    co_await async::sleep_for(c->time(), wait.next());
  }
  std::vector<offset> ordered;
  for (const auto& tp : of) {
    const auto found = known.find(tp);
    if (found == known.end()) {
      throw error{errc::internal, fmt::format("the cluster's answer lacks the offsets of {}: try again", to_string(tp)),
                  tp};
    }
    ordered.emplace_back(found->second);
  }
  co_return ordered;
}

void start_group_offsets(client& c, const group_name& group, const std::vector<topic_partition>& of, void* opaque,
                         rd_kafka_queue_t* replies, std::chrono::milliseconds patience) {
  const auto list = native::make_list(static_cast<int>(of.size()));
  for (const auto& tp : of) native::add(list, tp);
  const native::group_offsets wanted{rd_kafka_ListConsumerGroupOffsets_new(group.str().c_str(), list.get())};
  const auto options = make_admin_options(c, RD_KAFKA_ADMIN_OP_LISTCONSUMERGROUPOFFSETS, opaque, patience);
  // Offsets of a transaction that is still open would be taken back if it is aborted.
  const native::failure failed{rd_kafka_AdminOptions_set_require_stable_offsets(options.get(), 1)};
  auto* one = wanted.get();
  rd_kafka_ListConsumerGroupOffsets(c.rk(), &one, 1, options.get(), replies);
}

task<std::vector<std::optional<offset>>> group_offsets(std::shared_ptr<client> c, group_name group,
                                                       std::vector<topic_partition> of) {
  if (of.empty()) co_return std::vector<std::optional<offset>>{};
  const auto what = fmt::format("the committed offsets of group '{}' could not be read", group.str());
  const auto start = [&](void* opaque, rd_kafka_queue_t* replies) {
    start_group_offsets(*c, group, of, opaque, replies);
  };
  const auto answer = co_await c->ask(start);
  check(answer.get(), what);
  std::size_t n = 0;
  const auto* const groups =
      rd_kafka_ListConsumerGroupOffsets_result_groups(rd_kafka_event_ListConsumerGroupOffsets_result(answer.get()), &n);
  std::map<topic_partition, std::int64_t> known;
  for (std::size_t i = 0; i < n; ++i) {
    if (const auto* const failed = rd_kafka_group_result_error(groups[i])) {
      fail(rd_kafka_error_code(failed), what, rd_kafka_error_string(failed));
    }
    for (const auto& p : native::elements(rd_kafka_group_result_partitions(groups[i]))) {
      if (p.err != RD_KAFKA_RESP_ERR_NO_ERROR && to_errc(p.err) != errc::topic_unknown) fail(p.err, what, nullptr);
      known.emplace(native::where(p), p.offset);
    }
  }
  std::vector<std::optional<offset>> ordered;
  for (const auto& tp : of) {
    const auto found = known.find(tp);
    const bool there = found != known.end() && found->second >= 0;
    ordered.push_back(there ? std::optional{offset{found->second}} : std::nullopt);
  }
  co_return ordered;
}

}  // namespace corka::kafka::rdkafka
