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

/// What the joins say where nothing else of the group exists yet; 0 if nothing does.
std::int32_t only_joins(const declaration& group, const found_topics& found) {
  for (const auto& join : group.joins) {
    const auto* there = found.at(join.topic);
    if (there->exists) return there->partitions;
  }
  return 0;
}

void check_joins(const declaration& group, const found_topics& found, std::int32_t common) {
  std::vector<std::string> odd;
  for (const auto& join : group.joins) {
    const auto* there = found.at(join.topic);
    if (there->exists && there->partitions != common)
      odd.push_back(fmt::format("table '{}' has {} partitions", join.topic.str(), there->partitions));
  }
  if (odd.empty()) return;
  // Whatever exists has the common number; it is an input's in all but odd cases.
  const auto known = copartitioned(group);
  const auto with = std::ranges::find_if(known, [&](const auto& k) { return found.at(k.second)->exists; });
  const auto like = with == known.end() ? fmt::format("table '{}'", group.joins.front().topic.str())
                                        : fmt::format("{} '{}'", with->first, with->second.str());
  throw error{errc::not_copartitioned,
              fmt::format("group '{}': {}, {} has {}: joins need the same number (recreate one of them, or use lookup)",
                          group.name.str(), fmt::join(odd, ", "), like, common)};
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
  if (common == 0) common = only_joins(group, found);
  check_joins(group, found, common);
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
  for (const auto& join : group.joins) add(join.topic);
  for (const auto& lookup : group.lookups) add(lookup.topic);
  for (const auto& output : group.outputs) add(output.topic);
  for (const auto& topic : group.dead_letters()) add(topic);
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
  const auto is_made = [&](const topic_name& topic) {
    return std::ranges::any_of(plan.create, [&](const kafka::new_topic& t) { return t.topic == topic; });
  };
  std::vector<std::string> missing;
  // Tables first: a table that is an input or an output as well is to be compacted.
  for (const auto& j : group.joins) {
    if (by_name.at(j.topic)->exists) continue;
    if (settings.inputs_and_outputs) make(j.topic, {{"cleanup.policy", "compact"}});
    else missing.push_back(fmt::format("join '{}'", j.topic.str()));
  }
  for (const auto& l : group.lookups) {
    if (by_name.at(l.topic)->exists || is_made(l.topic)) continue;
    // One that must have the partitions of the inputs gets them.
    const bool is_input = std::ranges::any_of(group.inputs, [&](const input_edge& i) { return i.topic == l.topic; });
    const auto partitions = is_input ? plan.partitions : settings.partitions;
    if (settings.inputs_and_outputs)
      plan.create.push_back({l.topic, partitions, settings.replication, {{"cleanup.policy", "compact"}}});
    else missing.push_back(fmt::format("lookup '{}'", l.topic.str()));
  }
  for (const auto& i : group.inputs) {
    if (by_name.at(i.topic)->exists || is_made(i.topic)) continue;
    if (settings.inputs_and_outputs) make(i.topic, {});
    else missing.push_back(fmt::format("input '{}'", i.topic.str()));
  }
  for (const auto& o : group.outputs) {
    if (by_name.at(o.topic)->exists) continue;
    // An output that is an input or a table as well is made above.
    if (is_made(o.topic)) continue;
    if (settings.inputs_and_outputs) plan.create.push_back({o.topic, settings.partitions, settings.replication, {}});
    else if (std::ranges::none_of(group.inputs, [&](const input_edge& i) { return i.topic == o.topic; })) {
      missing.push_back(fmt::format("output '{}'", o.topic.str()));
    }
  }
  for (const auto& topic : group.dead_letters()) {
    if (by_name.at(topic)->exists || is_made(topic)) continue;
    if (settings.inputs_and_outputs) plan.create.push_back({topic, settings.partitions, settings.replication, {}});
    else missing.push_back(fmt::format("dead-letter topic '{}'", topic.str()));
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
