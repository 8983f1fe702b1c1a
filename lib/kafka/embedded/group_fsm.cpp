#include "kafka/embedded/group_fsm.hpp"

#include "kafka/embedded/assignor.hpp"

#include <algorithm>
#include <iterator>
#include <tuple>

namespace corka::kafka::embedded {

namespace {

std::vector<partition_id> listed(const std::set<partition_id>& s) { return {s.begin(), s.end()}; }

}  // namespace

bool group_fsm::holds(const std::string& member, partition_id p) const {
  const auto m = members_.find(member);
  return m != members_.end() && m->second.held.contains(p);
}

std::vector<std::string> group_fsm::members() const {
  std::vector<std::string> ids;
  for (const auto& [id, m] : members_) ids.push_back(id);
  return ids;
}

std::vector<group_fsm::described> group_fsm::describe() const {
  std::vector<described> all;
  for (const auto& [id, m] : members_) all.push_back({id, m.about.instance, m.held});
  return all;
}

bool group_fsm::is_free(partition_id p) const {
  return std::none_of(members_.begin(), members_.end(), [&](const auto& m) { return m.second.held.contains(p); });
}

std::vector<group_fsm::member*> group_fsm::in_order() {
  std::vector<member*> all;
  for (auto& [id, m] : members_) all.push_back(&m);
  std::sort(all.begin(), all.end(), [](const member* a, const member* b) {
    const auto& x = a->about;
    const auto& y = b->about;
    return std::tuple{x.instance.empty(), std::string_view{x.instance}, std::string_view{x.id}} <
           std::tuple{y.instance.empty(), std::string_view{y.instance}, std::string_view{y.id}};
  });
  return all;
}

group_fsm::actions group_fsm::join(const newcomer& who, clock::time_point now) {
  actions out;
  member fresh;
  fresh.about = who;
  fresh.heard = fresh.asked_at = now;
  if (!who.instance.empty()) {
    const auto same = std::find_if(members_.begin(), members_.end(),
                                   [&](const auto& m) { return m.second.about.instance == who.instance; });
    if (same != members_.end()) {
      // The same place in the group under a new id: nobody else is touched.
      if (!same->second.silent) out.push_back({same->first, fenced{}});
      fresh.target = std::move(same->second.target);
      members_.erase(same);
      members_.emplace(who.id, std::move(fresh));
      settle(now, out);
      return out;
    }
  }
  members_.emplace(who.id, std::move(fresh));
  rebalance(now, out);
  return out;
}

group_fsm::actions group_fsm::leave(const std::string& id, clock::time_point now) {
  actions out;
  const auto at = members_.find(id);
  if (at == members_.end()) return out;
  auto& m = at->second;
  if (m.about.instance.empty()) {
    members_.erase(at);
    rebalance(now, out);
    return out;
  }
  m.silent = true;
  m.open = asked::nothing;
  m.heard = now;
  m.held = m.target;
  settle(now, out);
  return out;
}

group_fsm::actions group_fsm::accepted(const std::string& id, clock::time_point now) {
  actions out;
  const auto at = members_.find(id);
  if (at == members_.end() || at->second.open != asked::accept) return out;
  at->second.open = asked::nothing;
  at->second.heard = now;
  settle(now, out);
  return out;
}

group_fsm::actions group_fsm::released(const std::string& id, const std::vector<partition_id>& partitions,
                                       clock::time_point now) {
  actions out;
  const auto at = members_.find(id);
  if (at == members_.end() || at->second.open != asked::release) return out;
  auto& m = at->second;
  m.heard = now;
  for (const auto p : partitions) {
    if (m.taken.erase(p) > 0) m.held.erase(p);
  }
  if (m.taken.empty()) m.open = asked::nothing;
  settle(now, out);
  return out;
}

group_fsm::actions group_fsm::heartbeat(const std::string& id, clock::time_point now) {
  actions out;
  const auto at = members_.find(id);
  if (at == members_.end()) return out;
  auto& m = at->second;
  // A process that stood still must not blame its neighbours on the same threads: they get the time to speak up first.
  const bool was_late = now - m.heard > m.about.session_timeout / 2;
  m.heard = now;
  if (!was_late) expire_silent(id, now, out);
  return out;
}

void group_fsm::expire_silent(const std::string& except, clock::time_point now, actions& out) {
  bool changed = false;
  for (auto at = members_.begin(); at != members_.end();) {
    const auto& m = at->second;
    std::string_view why;
    if (at->first != except && now - m.heard > m.about.session_timeout) {
      why = "its heartbeats stayed away for the session timeout";
    } else if (m.open != asked::nothing && now - m.asked_at > m.about.max_poll_interval) {
      why = "it did not answer an assignment or a revocation within max_poll_interval";
    }
    if (why.empty()) {
      ++at;
      continue;
    }
    if (!m.silent) out.push_back({at->first, expired{why}});
    at = members_.erase(at);
    changed = true;
  }
  if (changed) rebalance(now, out);
}

group_fsm::actions group_fsm::expire(const std::string& id, clock::time_point now, std::string_view why) {
  actions out;
  if (members_.erase(id) == 0) return out;
  out.push_back({id, expired{why}});
  rebalance(now, out);
  return out;
}

group_fsm::actions group_fsm::grow(std::int32_t partitions, clock::time_point now) {
  actions out;
  if (partitions <= partitions_) return out;
  partitions_ = partitions;
  rebalance(now, out);
  return out;
}

void group_fsm::forgive(clock::time_point now) {
  for (auto& [id, m] : members_) m.heard = m.asked_at = now;
}

void group_fsm::rebalance(clock::time_point now, actions& out) {
  if (shares_by_range(protocol_)) {
    dealing_ = true;
  } else {
    const auto order = in_order();
    std::vector<std::set<partition_id>> targets;
    for (auto* m : order) targets.push_back(std::move(m->target));
    targets = assign_sticky(std::move(targets), partitions_);
    for (std::size_t i = 0; i < order.size(); ++i) {
      order[i]->target = std::move(targets[i]);
      if (order[i]->silent) order[i]->held = order[i]->target;
    }
  }
  settle(now, out);
}

void group_fsm::settle(clock::time_point now, actions& out) {
  if (shares_by_range(protocol_)) {
    settle_range(now, out);
  } else {
    settle_leases(now, out);
  }
}

void group_fsm::settle_leases(clock::time_point now, actions& out) {
  for (auto* m : in_order()) {
    if (m->silent || m->open != asked::nothing) continue;
    std::set<partition_id> surplus;
    std::set_difference(m->held.begin(), m->held.end(), m->target.begin(), m->target.end(),
                        std::inserter(surplus, surplus.end()));
    if (!surplus.empty()) {
      ask_back(*m, std::move(surplus), now, out);
      continue;
    }
    std::set<partition_id> ready;
    for (const auto p : m->target) {
      if (is_free(p)) ready.insert(p);
    }
    if (!ready.empty()) hand_out(*m, std::move(ready), now, out);
  }
}

void group_fsm::settle_range(clock::time_point now, actions& out) {
  const auto order = in_order();
  if (dealing_) {
    bool all_back = true;
    for (auto* m : order) {
      if (m->silent) continue;
      if (m->open == asked::nothing && !m->held.empty()) ask_back(*m, m->held, now, out);
      if (m->open != asked::nothing) all_back = false;
    }
    if (!all_back) return;
    auto dealt = assign_range(order.size(), partitions_);
    for (std::size_t i = 0; i < order.size(); ++i) {
      order[i]->target = std::move(dealt[i]);
      if (order[i]->silent) order[i]->held = order[i]->target;
    }
    dealing_ = false;
  }
  for (auto* m : order) {
    if (!m->silent && m->open == asked::nothing && m->held.empty() && !m->target.empty())
      hand_out(*m, m->target, now, out);
  }
}

void group_fsm::ask_back(member& m, std::set<partition_id> partitions, clock::time_point now, actions& out) const {
  m.open = asked::release;
  m.asked_at = now;
  out.push_back({m.about.id, take{listed(partitions)}});
  m.taken = std::move(partitions);
}

void group_fsm::hand_out(member& m, std::set<partition_id> partitions, clock::time_point now, actions& out) const {
  m.open = asked::accept;
  m.asked_at = now;
  out.push_back({m.about.id, give{listed(partitions)}});
  m.held.merge(partitions);
}

}  // namespace corka::kafka::embedded
