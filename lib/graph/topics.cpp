#include "graph/topics.hpp"

#include <corka/error.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <map>

namespace corka::graph {

namespace {

constexpr std::size_t longest_topic_name = 249;  // Kafka's own limit

using found_topics = std::map<topic_name, const kafka::topic_description*>;

/// Topics whose partitions of one number belong together, with their roles.
std::vector<std::pair<std::string_view, topic_name>> copartitioned(const declaration& group) {
  std::vector<std::pair<std::string_view, topic_name>> out;
  for (const auto& i : group.inputs) out.emplace_back("input", i.topic);
  if (group.loop) out.emplace_back("loop", group.loop->topic);
  if (group.table) out.emplace_back("table", group.table->topic);
  return out;
}

std::int32_t common_partitions(const declaration& group, const found_topics& found, const creation& settings) {
  std::string numbers;
  std::int32_t common = 0;
  bool differ = false;
  for (const auto& [role, topic] : copartitioned(group)) {
    const auto* there = found.at(topic);
    if (!there->exists) continue;
    numbers += fmt::format("{}{} '{}' has {}", numbers.empty() ? "" : ", ", role, topic.str(), there->partitions);
    if (common == 0) common = there->partitions;
    if (common != there->partitions) differ = true;
  }
  if (differ) {
    throw error{
        errc::not_copartitioned,
        fmt::format("group '{}' needs the same number of partitions everywhere, but {}: recreate the odd ones with the "
                    "right number, or read the odd input in a group of its own that re-keys it",
                    group.name.str(), numbers)};
  }
  return common == 0 ? settings.partitions : common;
}

}  // namespace

std::string why_no_topic_name(std::string_view name) {
  if (name.empty()) return "is empty: give it a name";
  if (name == "." || name == "..") return "is not allowed by Kafka: choose another name";
  if (name.size() > longest_topic_name) {
    return fmt::format("has {} characters: Kafka allows {}", name.size(), longest_topic_name);
  }
  const auto bad = std::ranges::find_if_not(name, [](unsigned char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' || c == '_' ||
           c == '-';
  });
  if (bad != name.end()) return "has a character that Kafka does not allow: use letters, digits, '.', '_' and '-'";
  return {};
}

std::vector<topic_name> topics_of(const declaration& group) {
  std::vector<topic_name> out;
  const auto add = [&](const topic_name& topic) {
    if (std::ranges::find(out, topic) == out.end()) out.push_back(topic);
  };
  for (const auto& [role, topic] : copartitioned(group)) add(topic);
  for (const auto& output : group.outputs) add(output.topic);
  return out;
}

topic_plan plan_topics(const declaration& group, const std::vector<kafka::topic_description>& found,
                       const creation& settings) {
  found_topics by_name;
  for (const auto& f : found) by_name.emplace(f.topic, &f);

  topic_plan plan;
  plan.partitions = common_partitions(group, by_name, settings);

  const auto make = [&](const topic_name& topic, std::map<std::string, std::string> config) {
    plan.create.push_back({topic, plan.partitions, settings.replication, std::move(config)});
  };
  std::vector<std::string> missing;
  for (const auto& i : group.inputs) {
    if (by_name.at(i.topic)->exists) continue;
    if (settings.inputs_and_outputs) make(i.topic, {});
    else missing.push_back(fmt::format("input '{}'", i.topic.str()));
  }
  for (const auto& o : group.outputs) {
    if (by_name.at(o.topic)->exists) continue;
    // An output that is an input as well is made above.
    if (std::ranges::any_of(plan.create, [&](const kafka::new_topic& t) { return t.topic == o.topic; })) continue;
    if (settings.inputs_and_outputs) plan.create.push_back({o.topic, settings.partitions, settings.replication, {}});
    else if (std::ranges::none_of(group.inputs, [&](const input_edge& i) { return i.topic == o.topic; })) {
      missing.push_back(fmt::format("output '{}'", o.topic.str()));
    }
  }
  if (!missing.empty()) {
    throw error{errc::topic_unknown,
                fmt::format("group '{}': the cluster does not have {}: create {}, or set "
                            "processor_options.create_topics = topic_creation::all",
                            group.name.str(), fmt::join(missing, ", "), missing.size() == 1 ? "it" : "them")};
  }
  if (group.table && !by_name.at(group.table->topic)->exists) {
    make(group.table->topic, {{"cleanup.policy", "compact"}});
  }
  if (group.loop && !by_name.at(group.loop->topic)->exists) {
    make(group.loop->topic,
         {{"cleanup.policy", "delete"}, {"retention.ms", std::to_string(group.options.loop_retention.count())}});
  }
  return plan;
}

}  // namespace corka::graph
