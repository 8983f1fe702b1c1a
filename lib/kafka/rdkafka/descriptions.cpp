#include "kafka/rdkafka/descriptions.hpp"

#include "async/backoff.hpp"
#include "async/timer.hpp"
#include "kafka/rdkafka/errors.hpp"
#include "kafka/rdkafka/requests.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <string>
#include <utility>

namespace corka::kafka::rdkafka {

namespace {

std::string text_of(const char* s) { return s == nullptr ? std::string{} : std::string{s}; }

topic_settings settings_of(const rd_kafka_ConfigResource_t* resource) {
  topic_settings found;
  std::size_t n = 0;
  const auto* const* const entries = rd_kafka_ConfigResource_configs(resource, &n);
  for (std::size_t i = 0; i < n; ++i) {
    found.emplace(rd_kafka_ConfigEntry_name(entries[i]), text_of(rd_kafka_ConfigEntry_value(entries[i])));
  }
  return found;
}

kafka::member_description member_of(const rd_kafka_MemberDescription_t* m) {
  kafka::member_description described;
  described.id = text_of(rd_kafka_MemberDescription_consumer_id(m));
  described.instance_id = text_of(rd_kafka_MemberDescription_group_instance_id(m));
  described.client_id = text_of(rd_kafka_MemberDescription_client_id(m));
  const auto* const assignment = rd_kafka_MemberDescription_assignment(m);
  if (assignment == nullptr) return described;
  for (const auto& p : native::elements(rd_kafka_MemberAssignment_partitions(assignment))) {
    described.holds.push_back(native::where(p));
  }
  std::ranges::sort(described.holds);
  return described;
}

}  // namespace

task<std::vector<topic_settings>> describe_settings(std::shared_ptr<client> c, std::vector<topic_name> topics) {
  if (topics.empty()) co_return std::vector<topic_settings>{};
  std::vector<native::config_resource> owned;
  std::vector<rd_kafka_ConfigResource_t*> asked;
  for (const auto& topic : topics) {
    owned.emplace_back(rd_kafka_ConfigResource_new(RD_KAFKA_RESOURCE_TOPIC, topic.str().c_str()));
    asked.push_back(owned.back().get());
  }
  const auto start = [&](void* opaque, rd_kafka_queue_t* replies) {
    const auto options = make_admin_options(*c, RD_KAFKA_ADMIN_OP_DESCRIBECONFIGS, opaque);
    rd_kafka_DescribeConfigs(c->rk(), asked.data(), asked.size(), options.get(), replies);
  };
  const auto answer = co_await c->ask(start);
  const auto code = rd_kafka_event_error(answer.get());
  if (code != RD_KAFKA_RESP_ERR_NO_ERROR) {
    throw make_error(code, "the cluster did not tell the settings of its topics",
                     text_of(rd_kafka_event_error_string(answer.get())));
  }
  std::size_t n = 0;
  const auto* const* const resources =
      rd_kafka_DescribeConfigs_result_resources(rd_kafka_event_DescribeConfigs_result(answer.get()), &n);
  std::map<std::string, topic_settings> by_name;
  for (std::size_t i = 0; i < n; ++i) {
    const std::string name = rd_kafka_ConfigResource_name(resources[i]);
    const auto failed = rd_kafka_ConfigResource_error(resources[i]);
    if (failed == RD_KAFKA_RESP_ERR_NO_ERROR) {
      by_name[name] = settings_of(resources[i]);
    } else if (to_errc(failed) != errc::topic_unknown) {
      throw make_error(failed, fmt::format("the settings of topic '{}' could not be read", name),
                       text_of(rd_kafka_ConfigResource_error_string(resources[i])));
    }
  }
  std::vector<topic_settings> ordered;
  for (const auto& topic : topics) ordered.push_back(std::move(by_name[topic.str()]));
  co_return ordered;
}

namespace {

/// The members of the one group that was asked for, or why there is no answer.
std::vector<kafka::member_description> read_members(rd_kafka_event_t* answer, rd_kafka_resp_err_t& failed,
                                                    std::string& why) {
  failed = rd_kafka_event_error(answer);
  why = text_of(rd_kafka_event_error_string(answer));
  std::vector<kafka::member_description> members;
  if (failed != RD_KAFKA_RESP_ERR_NO_ERROR) return members;
  std::size_t groups = 0;
  const auto* const* const found =
      rd_kafka_DescribeConsumerGroups_result_groups(rd_kafka_event_DescribeConsumerGroups_result(answer), &groups);
  for (std::size_t g = 0; g < groups; ++g) {
    if (const auto* const e = rd_kafka_ConsumerGroupDescription_error(found[g])) {
      if (rd_kafka_error_code(e) == RD_KAFKA_RESP_ERR_GROUP_ID_NOT_FOUND) continue;
      failed = rd_kafka_error_code(e);
      why = text_of(rd_kafka_error_string(e));
      continue;
    }
    const auto n = rd_kafka_ConsumerGroupDescription_member_count(found[g]);
    for (std::size_t i = 0; i < n; ++i) {
      members.push_back(member_of(rd_kafka_ConsumerGroupDescription_member(found[g], i)));
    }
  }
  std::ranges::sort(members, {}, &kafka::member_description::id);
  return members;
}

}  // namespace

task<std::vector<kafka::member_description>> describe_members(std::shared_ptr<client> c, group_name group) {
  const auto start = [&](void* opaque, rd_kafka_queue_t* replies) {
    const auto options = make_admin_options(*c, RD_KAFKA_ADMIN_OP_DESCRIBECONSUMERGROUPS, opaque);
    const char* name = group.str().c_str();
    rd_kafka_DescribeConsumerGroups(c->rk(), &name, 1, options.get(), replies);
  };
  // A group's coordinator moves, and is made with the first question about a group.
  async::backoff wait{std::chrono::milliseconds{50}, std::chrono::milliseconds{500}};
  const auto deadline = c->time().now() + request_timeout;
  while (true) {
    const auto answer = co_await c->ask(start);
    auto failed = RD_KAFKA_RESP_ERR_NO_ERROR;
    std::string why;
    auto members = read_members(answer.get(), failed, why);
    if (failed == RD_KAFKA_RESP_ERR_NO_ERROR) co_return members;
    if (!is_transient(failed) || c->time().now() >= deadline) {
      throw make_error(failed, fmt::format("the members of group '{}' could not be read", group.str()), why);
    }
    co_await async::sleep_for(c->time(), wait.next());
  }
}

}  // namespace corka::kafka::rdkafka
