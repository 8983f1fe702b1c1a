#include "query/status_json.hpp"

#include <nlohmann/json.hpp>

#include <chrono>
#include <cstdint>
#include <string>

namespace corka::query {

using json = nlohmann::ordered_json;

namespace {

template <class T>
json or_null(const std::optional<T>& v) {
  return v ? json(*v) : json(nullptr);
}

json text_or_null(const std::string& text) { return text.empty() ? json(nullptr) : json(text); }

json seconds_or_null(const std::optional<std::chrono::milliseconds>& d) {
  return d ? json(std::chrono::duration<double>{*d}.count()) : json(nullptr);
}

json traffic_json(const traffic& t) { return {{"records", t.records}, {"bytes", t.bytes}}; }

json latency_json(const latency_status& l) {
  return {{"count", l.count}, {"p50", l.p50}, {"p95", l.p95}, {"p99", l.p99}, {"max", l.max}};
}

json input_json(const input_status& i) {
  return {{"topic", i.topic},
          {"processed", i.processed.value},
          {"committed", i.committed.value},
          {"end", i.end ? json(i.end->value) : json(nullptr)},
          {"lag", or_null(i.lag)},
          {"lag_seconds", seconds_or_null(i.lag_time)},
          {"retention_seconds", seconds_or_null(i.retention)},
          {"records", i.in.records},
          {"bytes", i.in.bytes}};
}

json recovery_json(const std::optional<recovery_status>& r) {
  if (!r) return nullptr;
  return {{"position", r->position.value},
          {"end", r->end.value},
          {"records", r->records},
          {"elapsed_ms", r->elapsed.count()},
          {"remaining_ms", r->remaining ? json(r->remaining->count()) : json(nullptr)},
          {"reason", text_or_null(r->reason)}};
}

json copy_json(const copy_status& c) {
  return {{"topic", c.topic},
          {"partition", c.partition},
          {"state", to_string(c.state)},
          {"rows", c.rows},
          {"bytes", c.bytes},
          {"position", c.position.value},
          {"end", c.end ? json(c.end->value) : json(nullptr)},
          {"lag", or_null(c.lag)},
          {"read", traffic_json(c.in)},
          {"written", c.written},
          {"recoveries", c.recoveries},
          {"recovery", recovery_json(c.recovery)}};
}

json copies_json(const std::vector<copy_status>& all) {
  json out = json::array();
  for (const auto& c : all) out.push_back(copy_json(c));
  return out;
}

json lookups_json(const std::vector<view_status>& all) {
  json out = json::array();
  for (const auto& l : all) {
    out.push_back({{"topic", l.topic},
                   {"state", to_string(l.state)},
                   {"reason", text_or_null(l.reason)},
                   {"rows", l.rows},
                   {"bytes", l.bytes},
                   {"lag", or_null(l.lag)},
                   {"partitions", copies_json(l.partitions)}});
  }
  return out;
}

json table_json(const table_status& t) {
  return {{"topic", t.topic},
          {"rows", t.rows},
          {"bytes", t.bytes},
          {"dirty_rows", t.dirty_rows},
          {"changelog", t.changelog.value},
          {"written", traffic_json(t.written)},
          {"recovery", recovery_json(t.recovery)}};
}

json partition_json(const partition_status& p) {
  json inputs = json::array();
  for (const auto& i : p.inputs) inputs.push_back(input_json(i));
  return {{"partition", p.partition},
          {"state", to_string(p.state)},
          {"worker", p.worker},
          {"inputs", std::move(inputs)},
          {"table", p.table ? table_json(*p.table) : json(nullptr)},
          {"joins", copies_json(p.joins)},
          {"emitted", traffic_json(p.emitted)},
          {"in_flight", p.in_flight},
          {"running", p.running},
          {"deferred", p.deferred},
          {"failures",
           {{"failed", p.failures.failed},
            {"retried", p.failures.retried},
            {"skipped", p.failures.skipped},
            {"dead_lettered", p.failures.dead_lettered}}},
          {"latency_us",
           {{"callback", latency_json(p.callback)},
            {"ack", latency_json(p.ack)},
            {"checkpoint", latency_json(p.checkpoint)}}},
          {"last_error", text_or_null(p.last_error)}};
}

json visit_json(const visit_status& v) {
  return {{"visitor", v.visitor},
          {"rows", v.progress.rows},
          {"rows_left", v.progress.rows_left},
          {"partitions_ended", v.progress.partitions_ended},
          {"partitions", v.progress.partitions}};
}

}  // namespace

std::optional<std::int64_t> total_lag(const processor_status& p) {
  std::int64_t sum = 0;
  for (const auto& partition : p.partitions) {
    for (const auto& input : partition.inputs) {
      if (!input.lag) return {};
      sum += *input.lag;
    }
  }
  return sum;
}

json summary_json(const processor_status& p) {
  std::uint64_t records = 0;
  for (const auto& partition : p.partitions) {
    for (const auto& input : partition.inputs) records += input.in.records;
  }
  return {{"group", p.group},
          {"state", to_string(p.state)},
          {"connected", p.connected},
          {"error", text_or_null(p.error)},
          {"uptime_seconds", p.uptime.count()},
          {"rebalances", p.rebalances},
          {"problems", p.problems},
          {"partitions_total", p.partitions_total},
          {"partitions_here", p.partitions.size()},
          {"records", records},
          {"lag", or_null(total_lag(p))}};
}

json partitions_json(const processor_status& p) {
  json all = json::array();
  for (const auto& partition : p.partitions) all.push_back(partition_json(partition));
  return all;
}

json processor_json(const processor_status& p) {
  auto j = summary_json(p);
  j["partitions"] = partitions_json(p);
  j["lookups"] = lookups_json(p.lookups);
  j["visits"] = json::array();
  for (const auto& v : p.visits) j["visits"].push_back(visit_json(v));
  j["topology"] = p.topology;
  return j;
}

json summary_json(const view_status& v) {
  return {{"view", v.name},
          {"table", v.topic},
          {"state", to_string(v.state)},
          {"reason", text_or_null(v.reason)},
          {"uptime_seconds", v.uptime.count()},
          {"rows", v.rows},
          {"bytes", v.bytes},
          {"lag", or_null(v.lag)}};
}

json view_json(const view_status& v) {
  auto j = summary_json(v);
  j["partitions"] = copies_json(v.partitions);
  return j;
}

}  // namespace corka::query
