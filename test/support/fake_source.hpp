// What HTTP endpoints ask, answered by plain members.
#pragma once

#include "query/ports.hpp"

#include <algorithm>
#include <cstddef>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace corka::test {

struct fake_source final : query::source {
  std::vector<processor_status> all;
  std::map<std::string, std::map<std::string, query::row_answer>> rows_of;
  query::row_answer otherwise = query::row_absent{partition_id{0}, offset{0}};

  [[nodiscard]] std::vector<processor_status> processors() const override { return all; }
  std::vector<view_status> all_views;
  [[nodiscard]] std::vector<view_status> views() const override { return all_views; }
  /// What `rows` was asked for last.
  mutable std::optional<key_range> asked;
  [[nodiscard]] const std::map<std::string, query::row_answer>* rows_by_key(const std::string& table) const {
    const auto found = rows_of.find(table);
    return found == rows_of.end() ? nullptr : &found->second;
  }
  [[nodiscard]] task<std::optional<query::rows_answer>> rows(std::string table, key_range which,
                                                             std::size_t limit) const override {
    asked = which;
    const auto found = rows_by_key(table);
    if (!found) co_return std::nullopt;
    if (const auto* r = std::get_if<query::row_recovering>(&otherwise)) co_return *r;
    query::rows_page page;
    page.partitions = {partition_id{0}, partition_id{1}};
    std::vector<query::rows_page::row> in_order;
    for (const auto& [key, answer] : *found) {
      const auto* row = std::get_if<query::row_found>(&answer);
      if (row != nullptr && key >= which.from && (!which.to || key < *which.to)) in_order.push_back({key, row->json});
    }
    if (which.order == key_order::descending) std::reverse(in_order.begin(), in_order.end());
    page.more = in_order.size() > limit;
    if (page.more) in_order.resize(limit);
    page.rows = std::move(in_order);
    co_return page;
  }
  [[nodiscard]] std::vector<std::string> tables() const override {
    std::vector<std::string> names;
    for (const auto& [name, unused] : rows_of) names.push_back(name);
    return names;
  }
  [[nodiscard]] task<std::optional<query::row_answer>> row(std::string table, std::string key) const override {
    const auto found = rows_of.find(table);
    if (found == rows_of.end()) co_return std::nullopt;
    const auto row = found->second.find(key);
    if (row == found->second.end()) co_return otherwise;
    co_return row->second;
  }
};

/// A copy of partition `number` of a table that others write, 5 records behind.
inline copy_status some_copy(const std::string& topic, std::int32_t number) {
  copy_status c;
  c.topic = topic;
  c.partition = number;
  c.state = copy_state::following;
  c.rows = 30;
  c.bytes = 4'096;
  c.position = offset{95};
  c.end = offset{100};
  c.lag = 5;
  c.lag_time = std::chrono::milliseconds{2'500};
  c.in = {40, 4'000};
  c.recoveries = 1;
  c.recovery = recovery_status{offset{90}, offset{90}, 35, std::chrono::milliseconds{12}, ""};
  c.recovery->remaining = std::chrono::milliseconds{0};
  return c;
}

/// A running partition with one input at offset 100 of 120.
inline partition_status some_partition(std::int32_t number) {
  partition_status p;
  p.partition = number;
  p.state = partition_state::running;
  input_status i;
  i.topic = "flights";
  i.processed = offset{110};
  i.committed = offset{100};
  i.end = offset{120};
  i.lag = 20;
  i.lag_time = std::chrono::milliseconds{1'500};
  i.in = {110, 11'000};
  p.inputs.push_back(i);
  table_status t;
  t.topic = "planes-table";
  t.rows = 50;
  t.bytes = 65'536;
  t.dirty_rows = 3;
  t.changelog = offset{200};
  t.written = {110, 5'500};
  p.table = t;
  p.emitted = {220, 22'000};
  p.in_flight = 4;
  p.running = 11;
  p.deferred = 12;
  p.failures = {13, 14, 15, 16};
  p.callback = {110, 1.5, 2, 4, 250};
  return p;
}

/// A running view of `topic` whose partitions are each at 95 of 100.
inline view_status some_view(std::string topic, std::int32_t partitions) {
  view_status v;
  v.name = "view-" + topic;
  v.topic = std::move(topic);
  v.state = view_state::running;
  v.uptime = std::chrono::seconds{60};
  for (std::int32_t i = 0; i < partitions; ++i) {
    copy_status c;
    c.topic = v.topic;
    c.partition = i;
    c.state = copy_state::following;
    c.rows = 40;
    c.bytes = 4'096;
    c.position = offset{95};
    c.end = offset{100};
    c.lag = 5;
    c.lag_time = std::chrono::milliseconds{1'500};
    c.in = {95, 950};
    c.written = 20;
    c.recoveries = 1;
    v.rows += c.rows;
    v.bytes += c.bytes;
    v.lag = v.lag.value_or(0) + *c.lag;
    v.partitions.push_back(c);
  }
  return v;
}

inline processor_status some_processor(std::string group, std::int32_t partitions) {
  processor_status p;
  p.group = std::move(group);
  p.state = processor_state::running;
  p.connected = true;
  p.partitions_total = partitions;
  p.uptime = std::chrono::seconds{75};
  p.rebalances = 1;
  for (std::int32_t i = 0; i < partitions; ++i) p.partitions.push_back(some_partition(i));
  p.topology = {"input flights: json", "table planes-table: json", "output carrier-flights: json"};
  return p;
}

}  // namespace corka::test
