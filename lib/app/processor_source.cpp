#include "app/processor_source.hpp"

#include "app/effective_settings.hpp"
#include "query/cluster_pages.hpp"

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
  return total > 0 ? partition_of(key, total, of.declared().inputs.front().partition_by) : partition_id{-1};
}

query::row_found found_in(const processor& of, table_row row) {
  query::row_found found;
  found.partition = row.partition;
  found.changelog = row.changelog;
  found.json = of.declared().table->to_json(*row.bytes);
  found.bytes = std::move(*row.bytes);
  return found;
}

task<query::row_answer> ask(const processor& of, std::string key) {
  query::row_answer answer;
  try {
    auto row = co_await of.row(key);
    if (row.bytes) {
      answer = found_in(of, std::move(row));
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

/// The first partition that is still being read, for the answer that says so.
query::row_recovering recovery_of(const detail::basic_view& of, std::optional<partition_id> partition) {
  const auto status = of.status();
  for (const auto& c : status.partitions) {
    if (partition ? c.partition == partition->value : c.state != copy_state::following)
      return {partition_id{c.partition}, c.recovery.value_or(recovery_status{})};
  }
  return {partition.value_or(partition_id{-1}), {}};
}

query::row_answer ask(const detail::basic_view& of, const std::string& key) {
  try {
    std::optional<std::string> bytes;
    const auto at = of.position_of(key);
    of.find(key, [&bytes](std::string_view found) { bytes = found; });
    if (!bytes) return query::row_absent{at.partition, at.offset};
    query::row_found found;
    found.partition = at.partition;
    found.changelog = at.offset;
    found.json = of.to_json(*bytes);
    found.bytes = std::move(*bytes);
    return found;
  } catch (const error& e) {
    if (e.kind() != errc::not_recovered) throw;
    std::optional<partition_id> partition;
    if (e.where()) partition = e.where()->partition;
    return recovery_of(of, partition);
  }
}

query::rows_answer ask(const detail::basic_view& of, const key_range& which, std::size_t limit) {
  try {
    const auto raw = of.page(which, limit);
    query::rows_page page;
    page.more = raw.rest.has_value();
    for (const auto& [key, bytes] : raw.rows) page.rows.push_back({key, of.to_json(bytes)});
    for (const auto& c : of.status().partitions) page.partitions.push_back(partition_id{c.partition});
    return page;
  } catch (const error& e) {
    if (e.kind() != errc::not_recovered) throw;
    return recovery_of(of, {});
  }
}

task<query::rows_answer> ask(const processor& of, key_range which, std::size_t limit) {
  query::rows_page page;
  try {
    const auto raw = co_await of.rows(std::move(which), limit);
    page.more = raw.rest.has_value();
    for (const auto& [key, bytes] : raw.rows) page.rows.push_back({key, of.declared().table->to_json(bytes)});
    page.partitions = raw.partitions;
  } catch (const error& e) {
    // It does not run: there is nothing of the table here.
    if (e.kind() != errc::not_assigned) throw;
  }
  co_return page;
}

bool is_of(const processor& p, const std::string& table) {
  return p.declared().table && p.declared().table->topic.str() == table;
}

bool can_be_read(const detail::basic_view& v) {
  return v.state() == view_state::running || v.state() == view_state::disconnected;
}

}  // namespace

processor_source::processor_source(runtime_core& core, std::vector<const processor*> of,
                                   std::vector<const detail::basic_view*> views, std::string instance,
                                   std::vector<query::settings_section> settings)
    : processors_{std::move(of)},
      views_{std::move(views)},
      instance_{std::move(instance)},
      settings_{std::move(settings)},
      letters_{core} {
  for (const auto* p : processors_) settings_.push_back(settings_of(*p));
}

std::vector<processor_status> processor_source::processors() const {
  std::vector<processor_status> all;
  for (const auto* p : processors_) all.push_back(p->status());
  return all;
}

std::vector<view_status> processor_source::views() const {
  std::vector<view_status> all;
  for (const auto* v : views_) all.push_back(v->status());
  return all;
}

std::vector<std::string> processor_source::tables() const {
  std::vector<std::string> names;
  for (const auto* p : processors_) {
    if (p->declared().table) names.push_back(p->declared().table->topic.str());
  }
  for (const auto* v : views_) names.push_back(v->topic().str());
  std::sort(names.begin(), names.end());
  names.erase(std::unique(names.begin(), names.end()), names.end());
  return names;
}

task<std::optional<query::row_answer>> processor_source::row(std::string table, std::string key) const {
  std::optional<query::row_answer> best;
  for (const auto* p : processors_) {
    if (!is_of(*p, table)) continue;
    // Several members of one group in one process: the one that has the partition knows best.
    auto answer = co_await ask(*p, key);
    best = std::move(answer);
    if (!std::holds_alternative<query::row_elsewhere>(*best)) break;
  }
  const bool known =
      best && (std::holds_alternative<query::row_found>(*best) || std::holds_alternative<query::row_absent>(*best));
  if (known) co_return best;
  // What a member of the group cannot say, a view may.
  for (const auto* v : views_) {
    if (v->topic().str() != table || (best && !can_be_read(*v))) continue;
    best = ask(*v, key);
    if (!std::holds_alternative<query::row_recovering>(*best)) break;
  }
  co_return best;
}

std::optional<query::row_answer> processor_source::row_at_once(const std::string& table, std::string_view key) const {
  for (const auto* p : processors_) {
    auto row = is_of(*p, table) ? p->row_at_once(key) : std::nullopt;
    if (!row) continue;
    if (row->bytes) return found_in(*p, std::move(*row));
    return query::row_absent{row->partition, row->changelog};
  }
  return {};
}

task<std::optional<query::row_copy>> processor_source::copied_row(std::string table, std::string key) const {
  std::optional<query::row_copy> best;
  for (const auto* p : processors_) {
    if (!is_of(*p, table)) continue;
    table_row row;
    try {
      row = co_await p->row(key, row_source::any_copy);
    } catch (const error& e) {
      if (e.kind() != errc::not_assigned && e.kind() != errc::not_recovered) throw;
      continue;
    }
    query::row_copy copy{query::row_absent{row.partition, row.changelog}, row.recovering, row.lag};
    if (row.bytes) copy.row = found_in(*p, std::move(row));
    if (!best || (copy.lag && (!best->lag || *copy.lag < *best->lag))) best = std::move(copy);
  }
  co_return best;
}

task<std::optional<query::rows_answer>> processor_source::rows(std::string table, key_range which,
                                                               std::size_t limit) const {
  std::optional<query::rows_answer> best;
  // A view has all partitions; a member of the group has its own.
  for (const auto* v : views_) {
    if (v->topic().str() != table) continue;
    best = ask(*v, which, limit);
    if (std::holds_alternative<query::rows_page>(*best)) co_return best;
  }
  // Several members of one group in one process: each has other rows.
  std::vector<query::rows_page> parts;
  for (const auto* p : processors_) {
    if (!is_of(*p, table)) continue;
    auto answer = co_await ask(*p, which, limit);
    parts.push_back(std::move(std::get<query::rows_page>(answer)));
  }
  if (!parts.empty()) best = query::merge_pages(std::move(parts), limit, which.order);
  co_return best;
}

}  // namespace corka::app_parts
