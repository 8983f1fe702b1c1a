#include "tester/unfinished.hpp"

#include "kafka/embedded/catalog.hpp"
#include "kafka/embedded/coordinator.hpp"
#include "kafka/embedded/topic.hpp"

#include <corka/processor.hpp>
#include <corka/view.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <limits>
#include <map>
#include <set>

namespace corka::tester_parts {

namespace {

using reasons = std::vector<std::string>;

/// What is known of a group over all instances.
struct membership_now {
  std::size_t members = 0;
  std::size_t fewest = std::numeric_limits<std::size_t>::max();
  std::size_t most = 0;
  std::int32_t total = 0;
  std::set<std::int32_t> held;
};

offset end_of(lab& in, const std::string& topic, std::int32_t partition) {
  const auto found = in.broker().topics().find(topic_name{topic});
  if (!found || !found->has(partition_id{partition})) return offset{0};
  return found->at(partition_id{partition}).log().range().high;
}

void look_at(lab& in, const std::string& who, const copy_status& copy, reasons& why) {
  const auto end = end_of(in, copy.topic, copy.partition);
  if (copy.state == copy_state::following && copy.position >= end) return;
  why.push_back(fmt::format("{}: its copy of {}/{} is {} at {} of {}", who, copy.topic, copy.partition,
                            to_string(copy.state), copy.position.value, end.value));
}

void look_at(lab& in, const std::string& who, const partition_status& p, reasons& why) {
  const auto name = fmt::format("{}/{}", who, p.partition);
  if (p.state != partition_state::running) why.push_back(fmt::format("{} is {}", name, to_string(p.state)));
  for (const auto& i : p.inputs) {
    const auto end = end_of(in, i.topic, p.partition);
    if (i.committed == end) continue;
    why.push_back(fmt::format("{}: {} is processed up to {} and committed up to {} of {}", name, i.topic,
                              i.processed.value, i.committed.value, end.value));
  }
  if (p.deferred > 0) why.push_back(fmt::format("{}: {} deferred records are not completed", name, p.deferred));
  else if (p.in_flight > 0) why.push_back(fmt::format("{}: {} sends are not acknowledged", name, p.in_flight));
  if (p.running > 0) why.push_back(fmt::format("{}: {} callbacks have not returned", name, p.running));
  if (p.table && p.table->dirty_rows > 0)
    why.push_back(fmt::format("{}: {} rows are not checkpointed", name, p.table->dirty_rows));
  for (const auto& copy : p.joins) look_at(in, name, copy, why);
}

void look_at(lab& in, const std::string& who, const view_status& v, reasons& why) {
  const auto name = who + " " + v.name;
  if (v.state != view_state::running) why.push_back(fmt::format("{} is {}", name, to_string(v.state)));
  for (const auto& copy : v.partitions) look_at(in, name, copy, why);
}

void look_at(lab& in, const std::string& who, const processor& p, std::map<std::string, membership_now>& groups,
             reasons& why) {
  const auto status = p.status();
  const auto name = who + " " + status.group;
  if (status.state != processor_state::running) {
    why.push_back(fmt::format("{} is {}", name, to_string(status.state)));
    return;
  }
  auto& group = groups[status.group];
  ++group.members;
  group.total = status.partitions_total;
  group.fewest = std::min(group.fewest, status.partitions.size());
  group.most = std::max(group.most, status.partitions.size());
  for (const auto& part : status.partitions) {
    group.held.insert(part.partition);
    look_at(in, name, part, why);
  }
  for (const auto& copy : status.lookups) look_at(in, name, copy, why);
  for (const auto& copy : status.standbys) look_at(in, name, copy, why);
  if (!status.visits.empty()) why.push_back(fmt::format("{}: {} visits have not ended", name, status.visits.size()));
}

void look_at(lab& in, const std::string& name, const membership_now& group, reasons& why) {
  const auto known = in.broker().groups().members(group_name{name}).size();
  if (known != group.members)
    why.push_back(fmt::format("group {} has {} members, of which {} are alive", name, known, group.members));
  if (group.held.size() != static_cast<std::size_t>(group.total) || group.most > group.fewest + 1) {
    why.push_back(fmt::format("group {} has not shared its {} partitions yet: {} are held", name, group.total,
                              group.held.size()));
  }
}

}  // namespace

reasons unfinished(lab& in) {
  reasons why;
  std::map<std::string, membership_now> groups;
  for (const auto& [name, i] : in.instances()) {
    if (!i->now || i->cut) continue;
    for (const auto& s : i->now->services()) {
      if (s->ended) continue;
      if (const auto* p = dynamic_cast<const processor*>(s->what.get())) look_at(in, name, *p, groups, why);
      else if (const auto* v = dynamic_cast<const detail::basic_view*>(s->what.get()))
        look_at(in, name, v->status(), why);
    }
  }
  for (const auto& [name, group] : groups) look_at(in, name, group, why);
  if (const auto n = in.in_flight(); n > 0) why.push_back(fmt::format("{} sends are not reported", n));
  return why;
}

std::string why_in_vain(lab& in) {
  if (!in.reachable()) return "the broker is away: bring it back first, or let a time pass with advance()";
  std::set<std::string> cut;
  std::set<std::string> alive;
  for (const auto& [name, i] : in.instances()) {
    if (!i->now) continue;
    for (const auto& s : i->now->services()) {
      const auto* p = dynamic_cast<const processor*>(s->what.get());
      if (p != nullptr && !s->ended) (i->cut ? cut : alive).insert(p->declared().name.str());
    }
  }
  for (const auto& group : cut) {
    if (!alive.contains(group)) {
      return fmt::format(
          "every instance that runs group {} has its connections broken: heal one first, or let a time pass with "
          "advance()",
          group);
    }
  }
  return {};
}

}  // namespace corka::tester_parts
