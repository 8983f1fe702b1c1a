#include "simulation/truth.hpp"

#include "base/excerpt.hpp"
#include "kafka/embedded/catalog.hpp"
#include "kafka/embedded/coordinator.hpp"
#include "kafka/embedded/frame.hpp"
#include "kafka/embedded/offset_store.hpp"
#include "kafka/embedded/topic.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <functional>
#include <optional>

namespace corka::simulation_parts {

namespace {

std::string place(const topic_partition& where, std::int64_t at) { return fmt::format("{}@{}", to_string(where), at); }

using visitor = std::function<void(const record&)>;

/// Every record of a partition from `from` on that is there now.
void read_log(kafka::embedded::partition_log& log, std::int64_t from, const visitor& visit) {
  namespace embedded = kafka::embedded;
  for (auto next = std::max(from, log.range().low.value); next < log.range().high.value;) {
    const auto found = log.find(next);
    if (!found || !found->in) return;
    const char* const begin = found->in->data() + found->frame.at;
    const auto head = embedded::read_frame_header(begin);
    const char* p = begin + embedded::frame_header_size;
    const char* const end = begin + head.length;
    embedded::framed_record r;
    while (p != nullptr && p < end) {
      p = embedded::read_record(p, end, head, r);
      if (p != nullptr && r.what.at.value >= next) visit(r.what);
    }
    next = head.end();
  }
}

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
      if (by.empty() || by != holder) stale_writes_ = true;
    }
    of.at.push_back(log.all.size());
    log.all.push_back(std::move(kept));
  });
}

void truth::acknowledged(const topic_partition& where, std::int64_t first, std::size_t n) {
  for (std::size_t i = 0; i < n; ++i) acknowledged_[where].insert(first + static_cast<std::int64_t>(i));
}

// What is done with them.

bool truth::passed_over(const std::string& group, const std::string& topic, const simulated_record& r) const {
  if (r.value) return false;
  for (const auto& g : what_.groups) {
    if (g.what.name.str() != group) continue;
    for (const auto& in : g.what.inputs) {
      if (in.topic.str() == topic) return !in.tombstones;
    }
    return g.what.loop && g.what.loop->topic.str() == topic && !g.what.loop->tombstones;
  }
  return false;
}

void truth::begun(const void* by, const std::string& group, const topic_partition& where, std::int64_t at) {
  auto& p = of(group, where);
  const auto* r = record(where.topic.str(), where.partition.value, at);
  if (r == nullptr) return violated("only what is there is processed", group + " has " + place(where, at));
  const auto [running, fresh] = p.running.try_emplace({by, r->key}, at);
  if (!fresh) {
    violated("records of one key never overlap",
             fmt::format("{} begins {} of '{}' while it is at {}", group, place(where, at), r->key, running->second));
  }
  for (std::int64_t earlier = 0; earlier < at; ++earlier) {
    const auto* e = record(where.topic.str(), where.partition.value, earlier);
    const auto i = static_cast<std::size_t>(earlier);
    if (e->key != r->key || (i < p.done.size() && p.done[i]) || passed_over(group, where.topic.str(), *e)) continue;
    violated("records of one key are processed in order",
             fmt::format("{} begins {} of '{}', and has not ended {}", group, place(where, at), r->key, earlier));
  }
}

void truth::ended(const void* by, const std::string& group, const topic_partition& where, std::int64_t at, bool done) {
  auto& p = of(group, where);
  const auto* r = record(where.topic.str(), where.partition.value, at);
  if (r == nullptr) return;
  p.running.erase({by, r->key});
  if (!done) return;
  const auto i = static_cast<std::size_t>(at);
  if (p.done.size() <= i) p.done.resize(i + 1);
  p.done[i] = true;
}

void truth::committed(const std::string& group, const std::string& member, const topic_partition& where,
                      std::int64_t next) {
  const auto members = broker_->groups().members(group_name{group});
  const auto it = std::ranges::find(members, member, &kafka::member_description::id);
  const bool holds = it != members.end() && std::ranges::any_of(it->holds, [&](const topic_partition& tp) {
                       return tp.partition == where.partition;
                     });
  if (!holds) {
    violated("only the owner of a partition commits",
             fmt::format("{} commits {} for {}, and does not hold it", member, place(where, next), group));
  }
  auto& p = of(group, where);
  if (next < p.committed) {
    violated("commits never go back",
             fmt::format("{} commits {} after {}, by {}", group, place(where, next), p.committed, member));
  }
  passed(p, group, where, next);
}

void truth::passed(progress& p, const std::string& group, const topic_partition& where, std::int64_t next) {
  if (next > end_of(where)) {
    violated("only what is there is committed", fmt::format("{} commits {}", group, place(where, next)));
  }
  for (auto at = p.committed; at < next; ++at) {
    const auto i = static_cast<std::size_t>(at);
    if (i < p.done.size() && p.done[i]) continue;
    const auto* r = record(where.topic.str(), where.partition.value, at);
    if (r != nullptr && passed_over(group, where.topic.str(), *r)) continue;
    violated("the watermark never passes a gap",
             fmt::format("{} commits {}, and {} was not processed to its end", group, place(where, next), at));
    break;
  }
  const simulated_commit what{group, where.topic.str(), where.partition.value, p.committed, next};
  p.committed = std::max(p.committed, next);
  for (const auto& [name, holds_at] : what_.at_commits) {
    if (const auto how = holds_at(*this, what); !how.empty()) violated(name, how);
  }
}

// A crash may have come after something was kept and before anybody was told.
void truth::broker_reopened() {
  nothing_acknowledged_lost();
  for (const auto& topic : broker_->topics().all()) {
    for (std::int32_t n = 0; n < topic->partitions(); ++n) {
      const topic_partition where{topic->name(), partition_id{n}};
      const auto end = topic->at(where.partition).log().range().high.value;
      const auto known = end_of(where);
      if (end < known) {
        violated("what was read stays",
                 fmt::format("{} ends at {} after a crash, and was read up to {}", to_string(where), end, known));
      } else if (end > known) {
        written(where, known, static_cast<std::size_t>(end - known), writing_[where]);
      }
    }
  }
  for (auto& [what, p] : progress_) {
    const auto& [group, where] = what;
    const auto kept = broker_->offsets().committed(group_name{group}, std::vector{where}).front();
    const auto next = kept ? kept->value : 0;
    if (next < p.committed) {
      violated("nothing acknowledged is lost", fmt::format("{} has committed {}, and after a crash {} is left", group,
                                                           place(where, p.committed), next));
    } else if (next > p.committed) {
      passed(p, group, where, next);
    }
  }
}

std::int64_t truth::committed(const std::string& group, const std::string& topic, std::int32_t partition) const {
  const auto found = progress_.find({group, {topic_name{topic}, partition_id{partition}}});
  return found == progress_.end() ? 0 : found->second.committed;
}

// The end.

void truth::at_rest() {
  no_record_lost();
  nothing_acknowledged_lost();
  for (const auto& [name, holds] : what_.at_end) {
    if (const auto how = holds(*this); !how.empty()) violated(name, how);
  }
}

void truth::no_record_lost() {
  for (const auto& g : what_.groups) {
    auto inputs = g.what.inputs;
    if (g.what.loop) inputs.push_back(*g.what.loop);
    for (const auto& in : inputs) {
      for (const auto& r : records(in.topic.str())) {
        const topic_partition where{in.topic, partition_id{r.partition}};
        const auto& p = of(g.what.name.str(), where);
        const auto i = static_cast<std::size_t>(r.offset);
        if ((i < p.done.size() && p.done[i]) || passed_over(g.what.name.str(), in.topic.str(), r)) continue;
        violated("no input record is lost",
                 fmt::format("{} never processed {} to its end", g.what.name.str(), place(where, r.offset)));
        return;
      }
    }
  }
}

// What compaction has removed was superseded.
void truth::nothing_acknowledged_lost() {
  for (const auto& [where, offsets] : acknowledged_) {
    const auto topic = broker_->topics().find(where.topic);
    std::map<std::int64_t, std::pair<std::string, std::optional<std::string>>> there;
    if (topic) {
      read_log(topic->at(where.partition).log(), 0, [&](const corka::record& r) {
        auto& kept = there[r.at.value];
        kept.first = r.key;
        if (!r.tombstone) kept.second = std::string{r.value};
      });
    }
    std::map<std::string, std::int64_t> last;
    for (std::int64_t at = 0; at < end_of(where); ++at)
      last[record(where.topic.str(), where.partition.value, at)->key] = at;
    for (const auto at : offsets) {
      const auto* r = record(where.topic.str(), where.partition.value, at);
      const auto found = there.find(at);
      const bool same = found != there.end() && found->second.first == r->key && found->second.second == r->value;
      const bool superseded = found == there.end() && (last.at(r->key) > at || !r->value);
      if (same || superseded) continue;
      violated("nothing acknowledged is lost",
               fmt::format("{} of '{}' is gone from the broker", place(where, at), excerpt(r->key, 40)));
      return;
    }
  }
}

}  // namespace corka::simulation_parts
