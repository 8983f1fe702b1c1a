#include "query/cluster_json.hpp"

#include "query/cluster_said.hpp"
#include "query/status_json.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <map>
#include <utility>

namespace corka::query {

using json = nlohmann::ordered_json;

namespace {

/// More partitions than any topic has: who says so is not believed.
constexpr std::int32_t most_partitions = 100'000;

/// One entry for each `id`, in the order of their first coming; what comes again is put to the first by `join`.
struct united {
  const char* id;
  void (*join)(json& into, const json& more);
  json list = json::array();
  std::map<std::string, std::size_t> at{};

  void add(const json& more) {
    for (const auto& one : more) {
      if (!one.is_object()) continue;
      const auto [same, fresh] = at.emplace(text_of(one, id), list.size());
      if (fresh) list.push_back(one);
      else join(list[same->second], one);
    }
  }
};

void join_nodes(json& into, const json& more) {
  if (value_of(into, "state").is_null()) into["state"] = value_of(more, "state");
  keep_larger(into["partitions"], value_of(more, "partitions"));
  const auto whole = value_of(more, "whole");
  if (whole.is_null()) return;
  // Every instance that holds all of a table holds the same rows; who holds parts holds other rows than the others.
  const bool first = value_of(into, "whole").is_null();
  if (first || (whole == true && into["whole"] != true)) {
    for (const auto* const name : {"rows", "bytes", "whole"}) into[name] = value_of(more, name);
  } else if (whole == into["whole"]) {
    for (const auto* const name : {"rows", "bytes"}) {
      if (whole == true) keep_larger(into[name], value_of(more, name));
      else add(into[name], value_of(more, name));
    }
  }
}

/// Whose lag is that of a copy of the whole table.
bool of_whole_copy(const json& edge) {
  const auto kind = text_of(edge, "kind");
  return kind == "lookup" || kind == "view";
}

void join_edges(json& into, const json& more) {
  add(into["records_per_second"], value_of(more, "records_per_second"));
  const auto lag = value_of(more, "lag");
  if (!of_whole_copy(into)) add_known(into["lag"], lag);
  else if (into["lag"].is_null() || lag.is_null()) into["lag"] = nullptr;
  else keep_larger(into["lag"], lag);
  keep_larger(into["lag_seconds"], value_of(more, "lag_seconds"));
}

json processor_of(const json& status, const std::string& group) {
  for (const auto& p : list_of(status, "processors")) {
    if (value_of(p, "group") == group) return p;
  }
  return json::object();
}

}  // namespace

json cluster_status_json(const std::vector<instance_answer>& answers) {
  auto all = read_all(answers);
  json instances = json::array();
  for (auto& i : all) {
    if (!i.readable) continue;
    instances.push_back({{"instance", text_or_null(i.by.address)},
                         {"self", i.by.self},
                         {"members", i.by.members},
                         {"groups", i.by.groups},
                         {"status", std::move(i.body)}});
  }
  return {{"instances", std::move(instances)}, {"missing", missing_of(all)}};
}

json cluster_topology_json(const std::vector<instance_answer>& answers) {
  const auto all = read_all(answers);
  united nodes{"id", join_nodes};
  united edges{"id", join_edges};
  united processors{"group", [](json&, const json&) {}};
  for (const auto& i : all) {
    nodes.add(list_of(i.body, "nodes"));
    edges.add(list_of(i.body, "edges"));
    processors.add(list_of(i.body, "processors"));
  }
  return {{"nodes", std::move(nodes.list)},
          {"edges", std::move(edges.list)},
          {"processors", std::move(processors.list)},
          {"missing", missing_of(all)}};
}

json cluster_partitions_json(const std::string& group, const std::vector<instance_answer>& answers,
                             std::int32_t partitions_total) {
  const auto all = read_all(answers);
  std::multimap<std::int32_t, json> held;
  json standbys = json::array();
  const auto take = [](const json& from, const said& i) {
    json made{{"instance", text_or_null(i.by.address)}};
    made.update(from);
    return made;
  };
  for (const auto& i : all) {
    for (const auto& p : list_of(i.body, "partitions")) {
      if (p.is_object()) held.emplace(number_of<std::int32_t>(p, "partition", -1), take(p, i));
    }
    for (const auto& s : list_of(i.body, "standbys")) {
      if (s.is_object()) standbys.push_back(take(s, i));
    }
    const auto total = number_of<std::int32_t>(i.body, "partitions_total", 0);
    if (total <= most_partitions) partitions_total = std::max(partitions_total, total);
  }
  json unassigned = json::array();
  for (std::int32_t p = 0; p < partitions_total; ++p) {
    if (!held.contains(p)) unassigned.push_back(p);
  }
  json partitions = json::array();
  for (auto& [number, p] : held) partitions.push_back(std::move(p));
  return {{"group", group},
          {"partitions_total", partitions_total},
          {"partitions", std::move(partitions)},
          {"standbys", std::move(standbys)},
          {"unassigned", std::move(unassigned)},
          {"missing", missing_of(all)}};
}

json cluster_visits_json(const std::vector<instance_answer>& answers) {
  const auto all = read_all(answers);
  std::map<std::pair<std::string, std::string>, json> visits;
  for (const auto& i : all) {
    for (const auto& p : list_of(i.body, "processors")) {
      for (const auto& v : list_of(p, "visits")) {
        const auto group = text_of(p, "group");
        const auto visitor = text_of(v, "visitor");
        auto& sum = visits[{group, visitor}];
        if (sum.is_null()) sum = {{"group", group}, {"visitor", visitor}, {"instances", json::array()}};
        sum["instances"].push_back(text_or_null(i.by.address));
        for (const auto* const count : {"rows", "rows_left", "partitions_ended", "partitions"})
          add(sum[count], value_of(v, count));
      }
    }
  }
  json list = json::array();
  for (auto& [name, v] : visits) list.push_back(std::move(v));
  return {{"visits", std::move(list)}, {"missing", missing_of(all)}};
}

namespace {

json numbers_of(const std::vector<partition_id>& all) {
  json list = json::array();
  for (const auto p : all) list.push_back(p.value);
  return list;
}

json member_json(const cluster_member& m, const said* at, const json& processor) {
  json standbys = json::array();
  for (const auto& s : list_of(processor, "standby_copies")) {
    standbys.push_back({{"topic", value_of(s, "topic")},
                        {"partition", value_of(s, "partition")},
                        {"state", value_of(s, "state")},
                        {"lag", value_of(s, "lag")}});
  }
  json states = json::object();
  for (const auto& p : list_of(processor, "partitions"))
    states[std::to_string(number_of<std::int32_t>(p, "partition", -1))] = value_of(p, "state");
  const bool reached = at != nullptr && at->by.body.has_value();
  return {{"member", m.name},
          {"instance", text_or_null(m.address)},
          {"self", at != nullptr && at->by.self},
          {"reachable", reached},
          {"why", reached ? json(nullptr) : text_or_null(at == nullptr ? std::string{} : at->by.why)},
          {"holds", numbers_of(m.holds)},
          {"states", std::move(states)},
          {"standbys", std::move(standbys)},
          {"state", value_of(processor, "state")},
          {"uptime_seconds", value_of(processor, "uptime_seconds")}};
}

json group_json(const cluster_map& map, const std::vector<said>& all) {
  json members = json::array();
  for (const auto& m : map.members()) {
    const auto at = std::ranges::find_if(
        all, [&](const auto& i) { return std::ranges::find(i.by.members, m.name) != i.by.members.end(); });
    const auto processor = at == all.end() ? json::object() : processor_of(at->body, map.group());
    members.push_back(member_json(m, at == all.end() ? nullptr : &*at, processor));
  }
  std::multimap<std::int64_t, json> by_time;
  for (const auto& i : all) {
    for (const auto& move : list_of(processor_of(i.body, map.group()), "rebalance_history")) {
      if (!move.is_object()) continue;
      json one{{"instance", text_or_null(i.by.address)}};
      one.update(move);
      const auto t = number_of<std::int64_t>(one, "t", 0);
      by_time.emplace(t, std::move(one));
    }
  }
  json moves = json::array();
  for (auto& [t, move] : by_time) moves.push_back(std::move(move));
  return {{"group", map.group()},
          {"partitions_total", map.partitions()},
          {"members", std::move(members)},
          {"unassigned", numbers_of(map.unheld())},
          {"rebalances", std::move(moves)}};
}

}  // namespace

json cluster_instances_json(const std::vector<instance_answer>& answers,
                            const std::vector<cluster_maps::map_pointer>& groups) {
  const auto all = read_all(answers);
  json described = json::array();
  for (const auto& g : groups) described.push_back(group_json(*g, all));
  json instances = json::array();
  for (const auto& i : all) {
    instances.push_back({{"instance", text_or_null(i.by.address)},
                         {"self", i.by.self},
                         {"members", i.by.members},
                         {"groups", i.by.groups},
                         {"reachable", i.by.body.has_value()},
                         {"why", text_or_null(i.by.why)},
                         {"version", value_of(i.body, "version")}});
  }
  return {{"instances", std::move(instances)}, {"groups", std::move(described)}, {"missing", missing_of(all)}};
}

}  // namespace corka::query
