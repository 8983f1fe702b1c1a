#include "simulation/truth.hpp"

#include "base/excerpt.hpp"
#include "kafka/embedded/catalog.hpp"
#include "kafka/embedded/coordinator.hpp"
#include "kafka/embedded/topic.hpp"
#include "simulation/read_log.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <optional>

namespace corka::simulation_parts {

namespace {

std::string place(const topic_partition& where, std::int64_t at) { return fmt::format("{}@{}", to_string(where), at); }

}  // namespace

void truth::violated(std::string_view invariant, const std::string& how) {
  if (failure_.empty()) failure_ = fmt::format("{}: {}", invariant, how);
}

// What is in the topics.

const std::vector<simulated_record>& truth::records(const std::string& topic) const {
  static const std::vector<simulated_record> none;
  const auto found = topics_.find(topic);
  return found == topics_.end() ? none : found->second.all;
}

const std::map<std::string, std::string>& truth::table(const std::string& topic) const {
  static const std::map<std::string, std::string> none;
  const auto found = topics_.find(topic);
  return found == topics_.end() ? none : found->second.rows;
}

const simulated_record* truth::record(const std::string& topic, std::int32_t partition, std::int64_t at) const {
  const auto found = topics_.find(topic);
  if (found == topics_.end()) return nullptr;
  const auto log = found->second.partitions.find(partition);
  if (log == found->second.partitions.end() || at < 0) return nullptr;
  if (static_cast<std::size_t>(at) >= log->second.at.size()) return nullptr;
  return &found->second.all[log->second.at[static_cast<std::size_t>(at)]];
}

std::int64_t truth::end_of(const topic_partition& of) const {
  const auto found = topics_.find(of.topic.str());
  if (found == topics_.end()) return 0;
  const auto log = found->second.partitions.find(of.partition.value);
  return log == found->second.partitions.end() ? 0 : static_cast<std::int64_t>(log->second.at.size());
}

std::map<std::string, std::string> truth::rows(const topic_partition& of, std::int64_t before) const {
  std::map<std::string, std::string> rows;
  for (std::int64_t at = 0; at < std::min(before, end_of(of)); ++at) {
    const auto* r = record(of.topic.str(), of.partition.value, at);
    if (r->value) rows[r->key] = *r->value;
    else rows.erase(r->key);
  }
  return rows;
}

bool truth::was(const topic_partition& table, std::string_view key, const std::string_view* value) const {
  for (auto at = end_of(table) - 1; at >= 0; --at) {
    const auto* r = record(table.topic.str(), table.partition.value, at);
    if (r->key != key) continue;
    if (value == nullptr ? !r->value : r->value && *r->value == *value) return true;
  }
  return false;
}

std::string truth::misfit(const topic_partition& of, const std::map<std::string, std::string>& rows,
                          std::int64_t at) const {
  const auto wanted = this->rows(of, at);
  const auto fits = [&](const std::string& key, const std::optional<std::string>& now) {
    const auto found = wanted.find(key);
    if (now ? found != wanted.end() && found->second == *now : found == wanted.end()) return true;
    for (auto later = at; later < end_of(of); ++later) {
      const auto* r = record(of.topic.str(), of.partition.value, later);
      if (r->key == key && r->value == now) return true;
    }
    // What was read may have been compacted away by then: a later record will come.
    for (auto last = at - 1; last >= 0; --last) {
      if (record(of.topic.str(), of.partition.value, last)->key == key) return !is_kept(of, last);
    }
    return false;
  };
  for (const auto& [key, value] : rows) {
    if (!fits(key, value)) return fmt::format("'{}' is {}", excerpt(key, 40), excerpt(value, 80));
  }
  for (const auto& [key, value] : wanted) {
    if (!rows.contains(key) && !fits(key, {}))
      return fmt::format("'{}' is missing, and {} in the topic", excerpt(key, 40), excerpt(value, 80));
  }
  return {};
}

bool truth::is_kept(const topic_partition& of, std::int64_t at) const {
  bool found = false;
  const auto topic = broker_->topics().find(of.topic);
  if (topic) read_log(topic->at(of.partition).log(), at, [&](const corka::record& r) { found |= r.at.value == at; });
  return found;
}

const simulation::declared* truth::writer_of(const topic_name& table) const {
  const auto at = std::ranges::find_if(
      what_.groups, [&](const simulation::declared& g) { return g.what.table && g.what.table->topic == table; });
  return at == what_.groups.end() ? nullptr : &*at;
}

// The client's instance's membership that holds the number; empty: none of its does. Client ids are those of the
// instance, a slash, and something more.
std::string truth::holder_of(const topic_partition& where, const std::string& client) const {
  const auto instance = client.substr(0, client.find('/') + 1);
  for (const auto& m : broker_->groups().members(writer_of(where.topic)->what.name)) {
    const auto holds = [&](const topic_partition& tp) { return tp.partition == where.partition; };
    if (m.client_id.starts_with(instance) && std::ranges::any_of(m.holds, holds)) return m.id;
  }
  return {};
}

void truth::sent(const topic_partition& where, std::string_view key, std::string_view value,
                 const std::string& client) {
  if (writer_of(where.topic) == nullptr) return;
  auto what = std::string{key} + '\0' + std::string{value};
  sent_[{client, where}][std::move(what)] = holder_of(where, client);
}

void truth::written(const topic_partition& where, std::int64_t first, std::size_t n, const std::string& client) {
  auto& log = topics_[where.topic.str()];
  auto& of = log.partitions[where.partition.value];
  if (static_cast<std::int64_t>(of.at.size()) != first) {
    violated("the log grows at its end", fmt::format("{} is written behind {}", place(where, first), of.at.size()));
    return;
  }
  const auto topic = broker_->topics().find(where.topic);
  const auto holder = writer_of(where.topic) == nullptr ? std::string{} : holder_of(where, client);
  read_log(topic->at(where.partition).log(), first, [&](const corka::record& r) {
    if (static_cast<std::size_t>(r.at.value - first) >= n) return;
    simulated_record kept{where.partition.value, r.at.value, std::string{r.key}, {}};
    if (!r.tombstone) kept.value = std::string{r.value};
    if (kept.value) log.rows[kept.key] = *kept.value;
    else log.rows.erase(kept.key);
    if (writer_of(where.topic) != nullptr) {
      const auto by = sent_[{client, where}][kept.key + '\0' + kept.value.value_or("")];
      if (by.empty() || by != holder) stale_rows_.emplace(where.topic.str(), kept.key);
    }
    of.at.push_back(log.all.size());
    log.all.push_back(std::move(kept));
  });
}

void truth::acknowledged(const topic_partition& where, std::int64_t first, std::size_t n) {
  for (std::size_t i = 0; i < n; ++i) acknowledged_[where].insert(first + static_cast<std::int64_t>(i));
}

}  // namespace corka::simulation_parts
