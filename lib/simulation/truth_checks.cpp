// What was done with the records, and what is left of them.
#include "base/excerpt.hpp"
#include "kafka/embedded/catalog.hpp"
#include "kafka/embedded/coordinator.hpp"
#include "kafka/embedded/offset_store.hpp"
#include "kafka/embedded/topic.hpp"
#include "simulation/read_log.hpp"
#include "simulation/truth.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <utility>

namespace corka::simulation_parts {

namespace {

std::string place(const topic_partition& where, std::int64_t at) { return fmt::format("{}@{}", to_string(where), at); }

}  // namespace

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
