#include "query/cluster_json.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <map>
#include <set>
#include <string_view>
#include <utility>

namespace corka::query {

using json = nlohmann::ordered_json;

namespace {

json text_or_null(const std::string& text) { return text.empty() ? json(nullptr) : json(text); }

/// The body as an object; an empty one where there is none.
json body_of(const instance_answer& i) {
  auto j = i.body ? json::parse(*i.body, nullptr, false) : json::object();
  return j.is_object() ? j : json::object();
}

json missing_of(const std::vector<instance_answer>& all) {
  json list = json::array();
  for (const auto& i : all) {
    if (i.body && json::accept(*i.body)) continue;
    list.push_back({{"instance", text_or_null(i.address)},
                    {"members", i.members},
                    {"groups", i.groups},
                    {"why", i.body ? std::string{"what it answered is no JSON"} : i.why}});
  }
  return list;
}

/// The member `name`, or an empty array.
json list_of(const json& of, const char* name) {
  const auto found = of.find(name);
  return found != of.end() && found->is_array() ? *found : json::array();
}

json value_of(const json& of, const char* name) {
  const auto found = of.find(name);
  return found == of.end() ? json(nullptr) : *found;
}

void add(json& into, const json& more) {
  if (!more.is_number()) return;
  if (!into.is_number()) into = more;
  else if (into.is_number_integer() && more.is_number_integer())
    into = into.get<std::int64_t>() + more.get<std::int64_t>();
  else into = into.get<double>() + more.get<double>();
}

/// A sum of which one part is unknown is unknown; null: it is.
void add_known(json& into, const json& more) {
  if (into.is_null() || more.is_null()) into = nullptr;
  else add(into, more);
}

void keep_larger(json& into, const json& other) {
  if (!other.is_number()) return;
  if (!into.is_number() || into.get<double>() < other.get<double>()) into = other;
}

/// One entry for each `id`, in the order of their first coming; what comes again is put to the first by `join`.
template <class Join>
void unite(json& into, const json& more, const char* id, Join join) {
  for (const auto& one : more) {
    if (!one.is_object()) continue;
    const auto same =
        std::ranges::find_if(into, [&](const json& had) { return had.value(id, json()) == value_of(one, id); });
    if (same == into.end()) into.push_back(one);
    else join(*same, one);
  }
}

void join_nodes(json& into, const json& more) {
  if (value_of(into, "state").is_null()) into["state"] = value_of(more, "state");
  keep_larger(into["partitions"], value_of(more, "partitions"));
  add(into["rows"], value_of(more, "rows"));
  add(into["bytes"], value_of(more, "bytes"));
}

void join_edges(json& into, const json& more) {
  add(into["records_per_second"], value_of(more, "records_per_second"));
  add_known(into["lag"], value_of(more, "lag"));
  keep_larger(into["lag_seconds"], value_of(more, "lag_seconds"));
}

json processor_of(const json& status, const std::string& group) {
  for (const auto& p : list_of(status, "processors")) {
    if (value_of(p, "group") == group) return p;
  }
  return json::object();
}

}  // namespace

json cluster_status_json(const std::vector<instance_answer>& all) {
  json instances = json::array();
  for (const auto& i : all) {
    if (!i.body || !json::accept(*i.body)) continue;
    instances.push_back({{"instance", text_or_null(i.address)},
                         {"self", i.self},
                         {"members", i.members},
                         {"groups", i.groups},
                         {"status", body_of(i)}});
  }
  return {{"instances", std::move(instances)}, {"missing", missing_of(all)}};
}

json cluster_topology_json(const std::vector<instance_answer>& all) {
  json nodes = json::array();
  json edges = json::array();
  json processors = json::array();
  const auto first = [](json&, const json&) {};
  for (const auto& i : all) {
    const auto body = body_of(i);
    unite(nodes, list_of(body, "nodes"), "id", join_nodes);
    unite(edges, list_of(body, "edges"), "id", join_edges);
    unite(processors, list_of(body, "processors"), "group", first);
  }
  return {{"nodes", std::move(nodes)},
          {"edges", std::move(edges)},
          {"processors", std::move(processors)},
          {"missing", missing_of(all)}};
}

json cluster_partitions_json(const std::string& group, const std::vector<instance_answer>& all,
                             std::int32_t partitions_total) {
  std::multimap<std::int32_t, json> held;
  json standbys = json::array();
  const auto take = [](const json& from, const instance_answer& i) {
    json made{{"instance", text_or_null(i.address)}};
    made.update(from);
    return made;
  };
  for (const auto& i : all) {
    const auto body = body_of(i);
    for (const auto& p : list_of(body, "partitions")) {
      if (p.is_object()) held.emplace(p.value("partition", -1), take(p, i));
    }
    for (const auto& s : list_of(body, "standbys")) {
      if (s.is_object()) standbys.push_back(take(s, i));
    }
    partitions_total = std::max(partitions_total, body.value("partitions_total", 0));
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

json cluster_visits_json(const std::vector<instance_answer>& all) {
  std::map<std::pair<std::string, std::string>, json> visits;
  for (const auto& i : all) {
    for (const auto& p : list_of(body_of(i), "processors")) {
      for (const auto& v : list_of(p, "visits")) {
        const auto group = p.value("group", std::string{});
        const auto visitor = v.value("visitor", std::string{});
        auto& sum = visits[{group, visitor}];
        if (sum.is_null()) sum = {{"group", group}, {"visitor", visitor}, {"instances", json::array()}};
        sum["instances"].push_back(text_or_null(i.address));
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

json member_json(const cluster_member& m, const instance_answer* at, const json& processor) {
  json standbys = json::array();
  for (const auto& s : list_of(processor, "standby_copies")) {
    standbys.push_back({{"topic", value_of(s, "topic")},
                        {"partition", value_of(s, "partition")},
                        {"state", value_of(s, "state")},
                        {"lag", value_of(s, "lag")}});
  }
  json states = json::object();
  for (const auto& p : list_of(processor, "partitions"))
    states[std::to_string(p.value("partition", -1))] = value_of(p, "state");
  const bool reached = at != nullptr && at->body.has_value();
  return {{"member", m.name},
          {"instance", text_or_null(m.address)},
          {"self", at != nullptr && at->self},
          {"reachable", reached},
          {"why", reached ? json(nullptr) : text_or_null(at == nullptr ? std::string{} : at->why)},
          {"holds", numbers_of(m.holds)},
          {"states", std::move(states)},
          {"standbys", std::move(standbys)},
          {"state", value_of(processor, "state")},
          {"uptime_seconds", value_of(processor, "uptime_seconds")}};
}

json group_json(const cluster_map& map, const std::vector<instance_answer>& all) {
  json members = json::array();
  for (const auto& m : map.members()) {
    const auto at = std::ranges::find_if(
        all, [&](const auto& i) { return std::ranges::find(i.members, m.name) != i.members.end(); });
    const auto processor = at == all.end() ? json::object() : processor_of(body_of(*at), map.group());
    members.push_back(member_json(m, at == all.end() ? nullptr : &*at, processor));
  }
  std::multimap<std::int64_t, json> by_time;
  for (const auto& i : all) {
    for (const auto& move : list_of(processor_of(body_of(i), map.group()), "rebalance_history")) {
      if (!move.is_object()) continue;
      json one{{"instance", text_or_null(i.address)}};
      one.update(move);
      by_time.emplace(one.value("t", std::int64_t{0}), std::move(one));
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

json cluster_instances_json(const std::vector<instance_answer>& all,
                            const std::vector<cluster_maps::map_pointer>& groups) {
  json described = json::array();
  for (const auto& g : groups) described.push_back(group_json(*g, all));
  json instances = json::array();
  for (const auto& i : all) {
    const auto body = body_of(i);
    instances.push_back({{"instance", text_or_null(i.address)},
                         {"self", i.self},
                         {"members", i.members},
                         {"groups", i.groups},
                         {"reachable", i.body.has_value()},
                         {"why", text_or_null(i.why)},
                         {"version", value_of(body, "version")}});
  }
  return {{"instances", std::move(instances)}, {"groups", std::move(described)}, {"missing", missing_of(all)}};
}

}  // namespace corka::query
