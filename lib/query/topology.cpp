#include "query/overview.hpp"
#include "query/status_json.hpp"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>

namespace corka::query {

namespace {

using json = nlohmann::ordered_json;
using kind = edge_status::kind;

/// Nodes and edges, each once: several processors of a group are one.
struct drawing {
  json nodes = json::array();
  json edges = json::array();
  std::map<std::string, std::size_t> node_at;
  std::set<std::string> edge_ids;

  json& node(const std::string& id, std::string_view what, const std::string& name) {
    const auto [at, fresh] = node_at.emplace(id, nodes.size());
    if (fresh) {
      nodes.push_back({{"id", id},
                       {"kind", what},
                       {"name", name},
                       {"state", nullptr},
                       {"partitions", nullptr},
                       {"rows", nullptr},
                       {"bytes", nullptr},
                       {"whole", nullptr}});
    }
    auto& n = nodes[at->second];
    // A topic that somebody only reads may be somebody's table.
    if (what != "topic") n["kind"] = what;
    return n;
  }
  /// A copy of the whole table counts before a part of it, whichever of them is drawn first.
  static void fill(json& n, std::uint64_t rows, std::uint64_t bytes, bool whole) {
    if (!whole && n["whole"] == true) return;
    n["rows"] = rows;
    n["bytes"] = bytes;
    n["whole"] = whole;
  }
  void edge(std::string_view what, const std::string& from, const std::string& to, const std::string& codec,
            const std::optional<double>& rate, const std::optional<std::int64_t>& lag,
            const std::optional<std::chrono::milliseconds>& lag_time) {
    auto id = fmt::format("{}:{}->{}", what, from, to);
    if (!edge_ids.insert(id).second) return;
    edges.push_back({{"id", std::move(id)},
                     {"from", from},
                     {"to", to},
                     {"kind", what},
                     {"codec", text_or_null(codec)},
                     {"records_per_second", rate_or_null(rate)},
                     {"lag", or_null(lag)},
                     {"lag_seconds", seconds_or_null(lag_time)}});
  }
};

/// The lag of an input over all partitions of all processors of the group here.
struct input_lag {
  std::optional<std::int64_t> records;
  std::optional<std::chrono::milliseconds> time;
};

input_lag lag_of(const std::vector<processor_status>& all, const std::string& group, const std::string& topic) {
  input_lag found;
  for (const auto& p : all) {
    if (p.group != group) continue;
    for (const auto& partition : p.partitions) {
      for (const auto& i : partition.inputs) {
        if (i.topic != topic) continue;
        if (!i.lag) return {};
        found.records = found.records.value_or(0) + *i.lag;
        if (i.lag_time && (!found.time || *i.lag_time > *found.time)) found.time = i.lag_time;
      }
    }
  }
  return found;
}

std::optional<std::int64_t> copies_lag(const processor_status& p, const std::string& topic) {
  std::optional<std::int64_t> sum;
  for (const auto& partition : p.partitions) {
    for (const auto& c : partition.joins) {
      if (c.topic != topic) continue;
      if (!c.lag) return {};
      sum = sum.value_or(0) + *c.lag;
    }
  }
  return sum;
}

void draw_group(drawing& to, const std::vector<processor_status>& all, const processor_status& p, const rates& r) {
  const auto me = "group:" + p.group;
  auto& own = to.node(me, "group", p.group);
  own["state"] = to_string(p.state);
  if (p.partitions_total > 0) own["partitions"] = p.partitions_total;
  for (const auto& e : p.edges) {
    const auto topic = "topic:" + e.topic;
    switch (e.what) {
      case kind::input: {
        const auto lag = lag_of(all, p.group, e.topic);
        to.node(topic, "topic", e.topic);
        to.edge("input", topic, me, e.codec, r.all_in(p.group, e.topic), lag.records, lag.time);
        break;
      }
      case kind::loop: {
        const auto lag = lag_of(all, p.group, e.topic);
        to.node(topic, "loop", e.topic);
        to.edge("loop_out", me, topic, e.codec, r.all_out(p.group, e.topic), {}, {});
        to.edge("loop_in", topic, me, e.codec, r.all_in(p.group, e.topic), lag.records, lag.time);
        break;
      }
      case kind::table: {
        auto& n = to.node(topic, "table", e.topic);
        std::uint64_t rows = 0;
        std::uint64_t bytes = 0;
        for (const auto& other : all) {
          if (other.group != p.group) continue;
          for (const auto& partition : other.partitions) {
            rows += partition.table ? partition.table->rows : 0;
            bytes += partition.table ? partition.table->bytes : 0;
          }
        }
        drawing::fill(n, rows, bytes, false);
        if (p.partitions_total > 0) n["partitions"] = p.partitions_total;
        to.edge("table", me, topic, e.codec, r.all_written(p.group), {}, {});
        break;
      }
      case kind::join:
        to.node(topic, "table", e.topic);
        to.edge("join", topic, me, e.codec, r.all_joined(p.group, e.topic), copies_lag(p, e.topic), {});
        break;
      case kind::lookup: {
        auto& n = to.node(topic, "table", e.topic);
        const auto at = std::ranges::find(p.lookups, e.topic, &view_status::topic);
        if (at != p.lookups.end()) {
          drawing::fill(n, at->rows, at->bytes, true);
          n["partitions"] = at->partitions.size();
        }
        to.edge("lookup", topic, me, e.codec, r.looked_up(p.group, e.topic),
                at != p.lookups.end() ? at->lag : std::nullopt, {});
        break;
      }
      case kind::output:
        to.node(topic, "topic", e.topic);
        to.edge("output", me, topic, e.codec, r.all_out(p.group, e.topic), {}, {});
        break;
      case kind::dead_letters:
        to.node(topic, "dead_letters", e.topic);
        to.edge("dead_letters", me, topic, "", r.all_dead_letters(p.group), {}, {});
        break;
    }
  }
}

}  // namespace

json topology_json(const std::vector<processor_status>& all, const std::vector<view_status>& views, const rates& r) {
  drawing d;
  json lines = json::array();
  for (const auto& p : all) {
    draw_group(d, all, p, r);
    lines.push_back({{"group", p.group}, {"topology", p.topology}});
  }
  for (const auto& v : views) {
    const auto topic = "topic:" + v.topic;
    const auto me = "view:" + v.name;
    auto& table = d.node(topic, "table", v.topic);
    if (!v.partitions.empty()) table["partitions"] = v.partitions.size();
    auto& own = d.node(me, "view", v.name);
    own["state"] = to_string(v.state);
    drawing::fill(own, v.rows, v.bytes, true);
    if (!v.partitions.empty()) own["partitions"] = v.partitions.size();
    d.edge("view", topic, me, "", r.view_in(v.name), v.lag, {});
  }
  return {{"nodes", std::move(d.nodes)}, {"edges", std::move(d.edges)}, {"processors", std::move(lines)}};
}

}  // namespace corka::query
