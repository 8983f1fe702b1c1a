#include "query/status_json.hpp"

#include "query/history.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstdint>
#include <string>
#include <string_view>

namespace corka::query {

using json = nlohmann::ordered_json;

namespace {

double progress_of(const recovery_status& r) {
  if (r.position >= r.end) return 1;
  // Records up to here are those that were read, and those between here and the end are at most that many.
  const auto left = static_cast<double>(r.end.value - r.position.value);
  const auto read = static_cast<double>(r.records);
  return std::round(read / (read + left) * 1e4) / 1e4;
}

json traffic_json(const traffic& t) { return {{"records", t.records}, {"bytes", t.bytes}}; }

json latency_json(const latency_status& l) {
  return {{"count", l.count}, {"p50", l.p50}, {"p95", l.p95}, {"p99", l.p99}, {"max", l.max}};
}

json input_json(const input_status& i, const std::optional<double>& rate) {
  return {{"topic", i.topic},
          {"processed", i.processed.value},
          {"committed", i.committed.value},
          {"end", i.end ? json(i.end->value) : json(nullptr)},
          {"lag", or_null(i.lag)},
          {"lag_seconds", seconds_or_null(i.lag_time)},
          {"retention_seconds", seconds_or_null(i.retention)},
          {"records", i.in.records},
          {"bytes", i.in.bytes},
          {"records_per_second", rate_or_null(rate)}};
}

}  // namespace

json recovery_json(const std::optional<recovery_status>& r) {
  if (!r) return nullptr;
  return {{"position", r->position.value},
          {"end", r->end.value},
          {"records", r->records},
          {"elapsed_ms", r->elapsed.count()},
          {"remaining_ms", r->remaining ? json(r->remaining->count()) : json(nullptr)},
          {"reason", text_or_null(r->reason)},
          {"done", r->position >= r->end},
          {"progress", progress_of(*r)},
          {"records_per_second", r->elapsed.count() > 0 ? rate_or_null(static_cast<double>(r->records) * 1e3 /
                                                                       static_cast<double>(r->elapsed.count()))
                                                        : json(nullptr)}};
}

namespace {

json copy_json(const copy_status& c) {
  return {{"topic", c.topic},
          {"partition", c.partition},
          {"state", to_string(c.state)},
          {"rows", c.rows},
          {"bytes", c.bytes},
          {"position", c.position.value},
          {"end", c.end ? json(c.end->value) : json(nullptr)},
          {"lag", or_null(c.lag)},
          {"lag_seconds", seconds_or_null(c.lag_time)},
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

json table_json(const table_status& t, const std::optional<double>& rate) {
  return {{"topic", t.topic},
          {"rows", t.rows},
          {"bytes", t.bytes},
          {"dirty_rows", t.dirty_rows},
          {"changelog", t.changelog.value},
          {"map_bytes", or_null(t.map_bytes)},
          {"checkpoint_age_seconds", seconds_or_null(t.checkpoint_age)},
          {"oldest_reader", or_null(t.oldest_reader)},
          {"written", traffic_json(t.written)},
          {"written_per_second", rate_or_null(rate)},
          {"recovery", recovery_json(t.recovery)}};
}

std::string_view mode_of(partition_state s) noexcept { return s == partition_state::running ? "active" : to_string(s); }

std::optional<std::int64_t> lag_of(const partition_status& p) {
  std::int64_t sum = 0;
  for (const auto& i : p.inputs) {
    if (!i.lag) return {};
    sum += *i.lag;
  }
  return sum;
}

std::optional<std::chrono::milliseconds> lag_time_of(const partition_status& p) {
  std::optional<std::chrono::milliseconds> most;
  for (const auto& i : p.inputs) {
    if (i.lag_time && (!most || *i.lag_time > *most)) most = i.lag_time;
  }
  return most;
}

json failures_json(const failure_status& f) {
  return {{"failed", f.failed}, {"retried", f.retried}, {"skipped", f.skipped}, {"dead_lettered", f.dead_lettered}};
}

json partition_json(const std::string& group, const partition_status& p, const rates& r) {
  json inputs = json::array();
  for (const auto& i : p.inputs) inputs.push_back(input_json(i, r.in(group, p.partition, i.topic)));
  json outputs = json::array();
  for (const auto& o : p.outputs) {
    outputs.push_back({{"topic", o.topic}, {"records", o.out.records}, {"bytes", o.out.bytes}});
  }
  return {{"partition", p.partition},
          {"state", to_string(p.state)},
          {"mode", mode_of(p.state)},
          {"worker", p.worker},
          {"lag", or_null(lag_of(p))},
          {"lag_seconds", seconds_or_null(lag_time_of(p))},
          {"records_per_second", rate_or_null(r.in(group, p.partition))},
          {"inputs", std::move(inputs)},
          {"table", p.table ? table_json(*p.table, r.written(group, p.partition)) : json(nullptr)},
          {"joins", copies_json(p.joins)},
          {"emitted", traffic_json(p.emitted)},
          {"outputs", std::move(outputs)},
          {"in_flight", p.in_flight},
          {"running", p.running},
          {"deferred", p.deferred},
          {"rewinds", p.rewinds},
          {"failures", failures_json(p.failures)},
          {"latency_us",
           {{"callback", latency_json(p.callback)},
            {"ack", latency_json(p.ack)},
            {"checkpoint", latency_json(p.checkpoint)},
            {"end_to_end", latency_json(p.end_to_end)}}},
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

std::optional<std::chrono::milliseconds> largest_lag_time(const processor_status& p) {
  std::optional<std::chrono::milliseconds> most;
  for (const auto& partition : p.partitions) {
    const auto here = lag_time_of(partition);
    if (here && (!most || *here > *most)) most = here;
  }
  return most;
}

json text_or_null(const std::string& text) { return text.empty() ? json(nullptr) : json(text); }

json seconds_or_null(const std::optional<std::chrono::milliseconds>& d) {
  return d ? json(std::chrono::duration<double>{*d}.count()) : json(nullptr);
}

json rate_or_null(const std::optional<double>& per_second) {
  return per_second ? json(std::round(*per_second * 100) / 100) : json(nullptr);
}

json summary_json(const processor_status& p, const processor_sample* now) {
  std::uint64_t records = 0;
  std::uint64_t rewinds = 0;
  failure_status failures;
  json states;
  for (const auto s :
       {partition_state::recovering, partition_state::running, partition_state::draining, partition_state::failed}) {
    states[std::string{to_string(s)}] = std::ranges::count(p.partitions, s, &partition_status::state);
  }
  for (const auto& partition : p.partitions) {
    for (const auto& input : partition.inputs) records += input.in.records;
    rewinds += partition.rewinds;
    failures.failed += partition.failures.failed;
    failures.retried += partition.failures.retried;
    failures.skipped += partition.failures.skipped;
    failures.dead_lettered += partition.failures.dead_lettered;
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
          {"partition_states", std::move(states)},
          {"standbys", p.standbys.size()},
          {"records", records},
          {"lag", or_null(total_lag(p))},
          {"lag_seconds", seconds_or_null(largest_lag_time(p))},
          {"failures", failures_json(failures)},
          {"rewinds", rewinds},
          {"rates", now != nullptr ? sample_json(*now) : json(nullptr)}};
}

json partitions_json(const processor_status& p, const rates& r) {
  json all = json::array();
  for (const auto& partition : p.partitions) all.push_back(partition_json(p.group, partition, r));
  return all;
}

json progress_json(const processor_status& p, const rates& r) {
  json all = json::array();
  for (const auto& one : p.partitions) {
    const auto behind = [](const input_status& i) { return i.lag.value_or(-1); };
    const auto worst = std::ranges::max_element(one.inputs, {}, behind);
    const bool any = worst != one.inputs.end();
    all.push_back({{"partition", one.partition},
                   {"state", to_string(one.state)},
                   {"mode", mode_of(one.state)},
                   {"topic", any ? json(worst->topic) : json(nullptr)},
                   {"processed", any ? worst->processed.value : -1},
                   {"end", any && worst->end ? json(worst->end->value) : json(nullptr)},
                   {"lag", or_null(lag_of(one))},
                   {"lag_seconds", seconds_or_null(lag_time_of(one))},
                   {"records_per_second", rate_or_null(r.in(p.group, one.partition))},
                   {"last_error", text_or_null(one.last_error)}});
  }
  return all;
}

json standby_progress_json(const processor_status& p) {
  json all = json::array();
  for (const auto& c : p.standbys) {
    all.push_back({{"topic", c.topic},
                   {"partition", c.partition},
                   {"state", to_string(c.state)},
                   {"position", c.position.value},
                   {"end", c.end ? json(c.end->value) : json(nullptr)},
                   {"lag", or_null(c.lag)}});
  }
  return all;
}

json standbys_json(const processor_status& p) { return copies_json(p.standbys); }

namespace {

json rebalances_json(const processor_status& p, const rebalance_reasons& why) {
  json all = json::array();
  for (const auto& b : p.rebalance_history) {
    all.push_back({{"t", b.began_ms},
                   {"kind", to_string(b.what)},
                   {"partitions", b.partitions},
                   {"duration_ms", b.took.count()},
                   {"reason", text_or_null(why.of(p, b).value_or(""))}});
  }
  return all;
}

}  // namespace

json assignment_json(const processor_status& p, const rebalance_reasons& why) {
  json partitions = json::array();
  for (const auto& one : p.partitions)
    partitions.push_back({{"partition", one.partition}, {"state", to_string(one.state)}});
  json copies = json::array();
  for (const auto& c : p.standbys) {
    copies.push_back(
        {{"topic", c.topic}, {"partition", c.partition}, {"state", to_string(c.state)}, {"lag", or_null(c.lag)}});
  }
  return {{"group", p.group},
          {"state", to_string(p.state)},
          {"uptime_seconds", p.uptime.count()},
          {"partitions", std::move(partitions)},
          {"standby_copies", std::move(copies)},
          {"rebalance_history", rebalances_json(p, why)}};
}

json processor_json(const processor_status& p, const processor_sample* now, const rates& r,
                    const rebalance_reasons& why) {
  auto j = summary_json(p, now);
  j["partitions"] = partitions_json(p, r);
  j["lookups"] = lookups_json(p.lookups);
  j["standby_copies"] = standbys_json(p);
  j["visits"] = json::array();
  for (const auto& v : p.visits) j["visits"].push_back(visit_json(v));
  j["rebalance_history"] = rebalances_json(p, why);
  j["topology"] = p.topology;
  return j;
}

json summary_json(const view_status& v, const view_sample* now) {
  return {{"view", v.name},
          {"table", v.topic},
          {"state", to_string(v.state)},
          {"reason", text_or_null(v.reason)},
          {"uptime_seconds", v.uptime.count()},
          {"rows", v.rows},
          {"bytes", v.bytes},
          {"lag", or_null(v.lag)},
          {"rates", now != nullptr ? sample_json(*now) : json(nullptr)}};
}

json view_json(const view_status& v, const view_sample* now) {
  auto j = summary_json(v, now);
  j["partitions"] = copies_json(v.partitions);
  return j;
}

}  // namespace corka::query
