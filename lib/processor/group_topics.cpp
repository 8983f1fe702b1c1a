#include "processor/group_topics.hpp"

#include "graph/topics.hpp"
#include "processor/make_topics.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>
#include <vector>

namespace corka::processor_parts {

namespace {

task<> compare_settings(kafka::admin& admin, const declaration& group, const processor_options& options,
                        const logger& log) {
  const auto own = graph::own_topics(group);
  if (own.empty() || options.on_mismatch == topic_mismatch::ignore) co_return;
  std::vector<kafka::topic_settings> in_force;
  try {
    in_force = co_await admin.settings(own);
  } catch (const error& e) {
    if (e.kind() != errc::unauthorized) throw;
    log.debug(fmt::format("the settings of the group's topics are not compared: {}", e.what()));
    co_return;
  }
  const auto problems = graph::setting_problems(group, in_force);
  if (problems.empty()) co_return;
  if (options.on_mismatch == topic_mismatch::fail) {
    throw error{errc::topic_mismatch, fmt::format("group '{}': {}", group.name.str(), fmt::join(problems, "; "))};
  }
  for (const auto& problem : problems) log.warn(problem);
}

}  // namespace

task<group_topics> ensure_group_topics(kafka::admin& admin, const declaration& group, const processor_options& options,
                                       const logger& log) {
  const auto names = graph::topics_of(group);
  auto found = co_await admin.describe(names);
  const graph::creation creating{options.create_topics == topic_creation::all, options.new_topic_partitions,
                                 options.replication};
  const auto plan = graph::plan_topics(group, found, creating);
  if (!plan.create.empty()) {
    co_await make_topics(admin, plan.create, log);
    found = co_await admin.describe(names);
  }
  co_await compare_settings(admin, group, options, log);
  group_topics topics{plan.partitions, {}};
  for (const auto& f : found) topics.known.push_back({f.topic, f.id, f.partitions});
  for (const auto& join : group.joins) {
    topics.join_ids.push_back(std::ranges::find(found, join.topic, &kafka::topic_description::topic)->id);
  }
  std::vector<topic_name> tables;
  if (group.table) tables.push_back(group.table->topic);
  for (const auto& join : group.joins) tables.push_back(join.topic);
  if (!tables.empty()) {
    const auto kept = co_await tables::erasures_kept_by(admin, tables);
    for (std::size_t i = 0; i < tables.size(); ++i) topics.erasures_kept[tables[i]] = kept[i];
  }
  for (auto& f : found) {
    if (group.table && f.topic == group.table->topic) topics.table_id = std::move(f.id);
  }
  co_return topics;
}

namespace {

task<tables::changelog_now> ask(std::shared_ptr<kafka::admin> admin, topic_partition of) {
  std::vector<topic_name> names{of.topic};
  const auto described = co_await admin->describe(std::move(names));
  const auto& topic = described.front();
  if (!topic.exists || of.partition.value >= topic.partitions) {
    throw error{errc::topic_unknown, fmt::format("there is no {}: create the topic again", to_string(of)), of, {}};
  }
  std::vector<topic_partition> one{of};
  const auto ranges = co_await admin->offsets(std::move(one));
  co_return tables::changelog_now{topic.id, ranges.front()};
}

}  // namespace

tables::changelog_inquiry inquiry_by(std::shared_ptr<kafka::admin> admin, executor control) {
  return [admin = std::move(admin), control](topic_partition of) {
    return async::run_on(control, ask(admin, std::move(of)));
  };
}

task<> open_outputs(partition::environment& env) {
  std::vector<topic_name> names;
  for (const auto& output : env.group->outputs) names.push_back(output.topic);
  for (const auto& topic : env.group->dead_letters()) names.push_back(topic);
  if (env.group->loop) names.push_back(env.group->loop->topic);
  if (env.group->table) names.push_back(env.group->table->topic);
  for (const auto& name : names) {
    auto opened = co_await env.producer->topic(name);
    env.outputs[name] = std::move(opened);
  }
}

kafka::producer_options producer_options_of(const declaration& group, const processor_options& options) {
  kafka::producer_options producing;
  producing.client_id = group.name.str();
  producing.linger = options.linger;
  producing.properties = options.kafka_properties;
  return producing;
}

kafka::member_options member_options_of(const partition::environment& env) {
  const auto& group = *env.group;
  const auto& options = *env.options;
  kafka::member_options joining;
  joining.group = group.name;
  joining.driver = group.driver();
  for (const auto* edge : env.edges()) {
    if (edge->topic != joining.driver) joining.beside.push_back(edge->topic);
  }
  joining.protocol = options.protocol;
  joining.instance_id = options.instance_id;
  joining.client_id = group.name.str();
  joining.session_timeout = options.session_timeout;
  joining.heartbeat_interval = options.heartbeat_interval;
  joining.max_poll_interval = options.max_poll_interval;
  joining.properties = options.kafka_properties;
  return joining;
}

}  // namespace corka::processor_parts
