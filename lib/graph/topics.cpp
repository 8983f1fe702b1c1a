#include "graph/topics.hpp"

#include <corka/error.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <cstdlib>
#include <map>
#include <utility>

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

std::vector<topic_name> own_topics(const declaration& group) {
  std::vector<topic_name> own;
  if (group.table) own.push_back(group.table->topic);
  if (group.loop) own.push_back(group.loop->topic);
  return own;
}

std::vector<std::string> setting_problems(const declaration& group,
                                          const std::vector<kafka::topic_settings>& in_force) {
  std::vector<std::string> problems;
  const auto own = own_topics(group);
  for (std::size_t i = 0; i < own.size() && i < in_force.size(); ++i) {
    const auto& settings = in_force[i];
    const auto policy = settings.find("cleanup.policy");
    if (policy == settings.end()) continue;
    if (group.table && own[i] == group.table->topic) {
      if (policy->second == "compact") continue;
      problems.push_back(
          fmt::format("table topic '{}' has cleanup.policy={}, so rows that do not change are deleted from it in time "
                      "and lost to the next recovery: set cleanup.policy=compact on it",
                      own[i].str(), policy->second));
      continue;
    }
    if (policy->second != "delete") {
      problems.push_back(
          fmt::format("loop topic '{}' has cleanup.policy={}, so only the last record of each key is "
                      "kept, and others may never be processed: set cleanup.policy=delete on it",
                      own[i].str(), policy->second));
    }
    const auto kept = settings.find("retention.ms");
    const auto wanted = group.options.loop_retention.count();
    const auto kept_ms = kept == settings.end() ? -1 : std::atoll(kept->second.c_str());
    if (kept_ms >= 0 && kept_ms < wanted) {
      problems.push_back(
          fmt::format("loop topic '{}' has retention.ms={}, and group_options::loop_retention is {} ms: "
                      "set retention.ms={} on it, or the option to what it has",
                      own[i].str(), kept_ms, wanted, wanted));
    }
  }
  return problems;
}

std::vector<std::string> differences(const kafka::new_topic& wanted, const kafka::topic_description& is,
                                     const kafka::topic_settings& in_force) {
  std::vector<std::string> found;
  const auto& name = wanted.topic.str();
  if (is.partitions != wanted.partitions) {
    found.push_back(fmt::format("topic '{}' has {} partitions, not {}: ask for {}, or make it anew", name,
                                is.partitions, wanted.partitions, is.partitions));
  }
  if (wanted.replication > 0 && is.replication != wanted.replication) {
    found.push_back(
        fmt::format("topic '{}' has {} replicas, not {}: ask for {}, or reassign its partitions "
                    "(kafka-reassign-partitions.sh)",
                    name, is.replication, wanted.replication, is.replication));
  }
  for (const auto& [key, value] : wanted.config) {
    const auto there = in_force.find(key);
    if (there == in_force.end() || there->second == value) continue;
    found.push_back(
        fmt::format("topic '{}' has {}={}, not {}: alter it (kafka-configs.sh --alter --entity-type topics "
                    "--entity-name {} --add-config {}={})",
                    name, key, there->second, value, name, key, value));
  }
  return found;
}

}  // namespace corka::graph
