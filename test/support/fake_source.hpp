// What HTTP endpoints ask, answered by plain members.
#pragma once

#include "query/ports.hpp"

#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace corka::test {

struct fake_source final : query::source {
  std::vector<processor_status> all;
  std::map<std::string, std::map<std::string, query::row_answer>> rows;
  query::row_answer otherwise = query::row_absent{partition_id{0}, offset{0}};

  [[nodiscard]] std::vector<processor_status> processors() const override { return all; }
  [[nodiscard]] std::vector<std::string> tables() const override {
    std::vector<std::string> names;
    for (const auto& [name, unused] : rows) names.push_back(name);
    return names;
  }
  [[nodiscard]] task<std::optional<query::row_answer>> row(std::string table, std::string key) const override {
    const auto found = rows.find(table);
    if (found == rows.end()) co_return std::nullopt;
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
  c.in = {40, 4'000};
  c.recoveries = 1;
  c.recovery = recovery_status{offset{90}, offset{90}, 35, std::chrono::milliseconds{12}, ""};
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
  p.callback = {110, 1.5, 2, 4, 250};
  return p;
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
