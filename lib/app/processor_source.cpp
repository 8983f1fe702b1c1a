#include "app/processor_source.hpp"

#include <corka/error.hpp>
#include <corka/partitioner.hpp>

#include <algorithm>
#include <utility>

namespace corka::app_parts {

namespace {

/// The recovery of `partition` as far as it is known.
recovery_status progress_of(const processor& of, partition_id partition) {
  for (const auto& p : of.status().partitions) {
    if (p.partition == partition.value && p.table && p.table->recovery) return *p.table->recovery;
  }
  return {};
}

/// Where the key's partition is known to the error; else by the number of partitions.
partition_id partition_of_key(const error& e, const processor& of, const std::string& key) {
  if (e.where()) return e.where()->partition;
  const auto total = of.status().partitions_total;
  return total > 0 ? partition_of(key, total) : partition_id{-1};
}

task<query::row_answer> ask(const processor& of, std::string key) {
  query::row_answer answer;
  try {
    auto row = co_await of.row(key);
    if (row.bytes) {
      query::row_found found;
      found.partition = row.partition;
      found.changelog = row.changelog;
      found.json = of.declared().table->to_json(*row.bytes);
      found.bytes = std::move(*row.bytes);
      answer = std::move(found);
    } else {
      answer = query::row_absent{row.partition, row.changelog};
    }
  } catch (const error& e) {
    if (e.kind() != errc::not_assigned && e.kind() != errc::not_recovered) throw;
    const auto partition = partition_of_key(e, of, key);
    if (e.kind() == errc::not_assigned) answer = query::row_elsewhere{partition};
    else answer = query::row_recovering{partition, progress_of(of, partition)};
  }
  co_return answer;
}

}  // namespace

std::vector<processor_status> processor_source::processors() const {
  std::vector<processor_status> all;
  for (const auto* p : processors_) all.push_back(p->status());
  return all;
}

std::vector<std::string> processor_source::tables() const {
  std::vector<std::string> names;
  for (const auto* p : processors_) {
    if (p->declared().table) names.push_back(p->declared().table->topic.str());
  }
  std::sort(names.begin(), names.end());
  names.erase(std::unique(names.begin(), names.end()), names.end());
  return names;
}

task<std::optional<query::row_answer>> processor_source::row(std::string table, std::string key) const {
  std::optional<query::row_answer> best;
  for (const auto* p : processors_) {
    if (!p->declared().table || p->declared().table->topic.str() != table) continue;
    // Several members of one group in one process: the one that has the partition knows best.
    auto answer = co_await ask(*p, key);
    best = std::move(answer);
    if (!std::holds_alternative<query::row_elsewhere>(*best)) break;
  }
  co_return best;
}

}  // namespace corka::app_parts
