// What all partitions of one processor share.
#pragma once

#include "async/execution.hpp"
#include "async/wake_list.hpp"
#include "kafka/ports.hpp"
#include "table/recovery_memory.hpp"
#include "table/table_follower.hpp"

#include <corka/declaration.hpp>
#include <corka/log.hpp>
#include <corka/processor.hpp>

#include <algorithm>
#include <chrono>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace corka::partition {

/// Rows of a whole table, by any key. Threads: any.
struct row_lookup {
  virtual ~row_lookup() = default;
  /// Puts the row's bytes into `into`; false where there is no such row.
  [[nodiscard]] virtual bool row(std::string_view key, std::string& into) const = 0;
  /// It is being read from its start: rows that it has are missing.
  [[nodiscard]] virtual bool is_being_read() const = 0;
};

/// Made once a processor is connected; outlives its partitions. Threads: read-only, but for what is safe by itself.
struct environment {
  const declaration* group = nullptr;
  const processor_options* options = nullptr;
  async::execution* threads = nullptr;
  tables::recovery_memory* recovery_memory = nullptr;
  std::shared_ptr<kafka::producer> producer;
  /// Declared outputs, the loop and the table by name.
  std::map<topic_name, std::shared_ptr<kafka::output_topic>> outputs;
  /// Declared lookups by name.
  std::map<topic_name, std::shared_ptr<const row_lookup>> lookups;
  /// Asks the cluster about a joined table; on any strand.
  tables::changelog_inquiry ask;
  /// Reads joins that are inputs as well: a reader reads a partition once. Null where there are none.
  std::shared_ptr<kafka::record_reader> joins_aside;
  /// How long the own table, and joined ones, keep erasures (recovery_options::erasures_kept).
  std::map<topic_name, std::chrono::milliseconds> erasures_kept;
  /// Woken when a partition has become ready, or is ready no more.
  async::wake_list* changed = nullptr;
  logger log;

  /// Every topic that is read with a callback: inputs in the order declared, then the loop.
  [[nodiscard]] std::vector<const input_edge*> edges() const {
    std::vector<const input_edge*> all;
    for (const auto& input : group->inputs) all.push_back(&input);
    if (group->loop) all.push_back(&*group->loop);
    return all;
  }
  /// Everything with a callback for records: `edges`, then the joined tables whose changes are called.
  [[nodiscard]] std::vector<const input_edge*> called_edges() const {
    auto all = edges();
    for (const auto& change : group->changes) all.push_back(&change);
    return all;
  }
  /// What every copy of the group's own table, or of a joined one, is recovered with.
  [[nodiscard]] tables::recovery_options recovery_of(const topic_name& table) const {
    tables::recovery_options with;
    with.shared = recovery_memory;
    if (const auto kept = erasures_kept.find(table); kept != erasures_kept.end()) with.erasures_kept = kept->second;
    return with;
  }
  [[nodiscard]] bool is_input(const topic_name& topic) const {
    const auto all = edges();
    return std::ranges::any_of(all, [&](const input_edge* edge) { return edge->topic == topic; });
  }
  /// Whether `joins_aside` is needed.
  [[nodiscard]] bool reads_joins_aside() const {
    return std::ranges::any_of(group->joins, [&](const beside_edge& join) { return is_input(join.topic); });
  }
};

}  // namespace corka::partition
