#include "kafka/embedded/coordinator.hpp"

#include <corka/error.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace corka::kafka::embedded {

namespace {

const char* name_of(corka::membership m) { return corka::shares_by_range(m) ? "range" : "leases"; }

}  // namespace

coordinator::group* coordinator::find(const group_name& name) {
  const auto at = groups_.find(name);
  return at == groups_.end() ? nullptr : &at->second;
}

void coordinator::carry_out(group& g, const group_fsm::actions& actions) {
  for (const auto& a : actions) {
    const auto at = g.seats.find(a.member);
    if (at == g.seats.end()) continue;
    if (const auto* gone = std::get_if<group_fsm::expired>(&a.what); gone != nullptr) {
      log_.warn(fmt::format("group member {} is expired: {}", a.member, gone->why));
    }
    if (const auto to = at->second.to.lock(); to) to->deliver(a.member, a);
    if (!g.fsm.knows(a.member)) g.seats.erase(at);
  }
}

std::string coordinator::join(const member_options& options, std::int32_t partitions, std::shared_ptr<inbox> to) {
  const std::lock_guard lock{mutex_};
  auto& g = groups_.try_emplace(options.group, group{group_fsm{options.protocol, partitions}, options.driver, {}})
                .first->second;
  if (g.fsm.empty()) {
    g.fsm = group_fsm{options.protocol, partitions};
    g.driver = options.driver;
  }
  if (std::string_view{name_of(options.protocol)} != name_of(g.fsm.protocol()) || g.driver != options.driver) {
    throw error{
        errc::invalid_option,
        fmt::format(
            "group '{}' shares {} of topic '{}', and a new member wants {} of '{}': all members of a group need "
            "the same inputs and the same membership",
            options.group.str(), name_of(g.fsm.protocol()), g.driver.str(), name_of(options.protocol),
            options.driver.str())};
  }
  // Numbered in the order of joining, so that equal runs have equal names.
  const auto id = fmt::format("{}-{:08}", options.client_id.empty() ? "member" : options.client_id, ++members_);
  g.seats.emplace(id, group::seat{options.client_id, to});
  const group_fsm::newcomer who{id, options.instance_id, options.session_timeout, options.max_poll_interval};
  carry_out(g, g.fsm.join(who, time_.now()));
  return id;
}

void coordinator::leave(const group_name& name, const std::string& member) {
  const std::lock_guard lock{mutex_};
  if (auto* g = find(name); g != nullptr) {
    carry_out(*g, g->fsm.leave(member, time_.now()));
    g->seats.erase(member);
  }
}

void coordinator::accepted(const group_name& name, const std::string& member) {
  const std::lock_guard lock{mutex_};
  if (auto* g = find(name); g != nullptr) carry_out(*g, g->fsm.accepted(member, time_.now()));
}

void coordinator::released(const group_name& name, const std::string& member,
                           const std::vector<partition_id>& partitions) {
  const std::lock_guard lock{mutex_};
  if (auto* g = find(name); g != nullptr) carry_out(*g, g->fsm.released(member, partitions, time_.now()));
}

bool coordinator::heartbeat(const group_name& name, const std::string& member) {
  const std::lock_guard lock{mutex_};
  auto* g = find(name);
  if (g == nullptr) return false;
  carry_out(*g, g->fsm.heartbeat(member, time_.now()));
  return g->fsm.knows(member);
}

std::error_code coordinator::commit(const group_name& name, const std::string& member,
                                    std::span<const position> positions) {
  {
    const std::lock_guard lock{mutex_};
    const auto* g = find(name);
    const auto holds = [&](const position& p) { return g != nullptr && g->fsm.holds(member, p.where.partition); };
    if (!std::all_of(positions.begin(), positions.end(), holds)) return errc::not_assigned;
  }
  // The disk is waited for without the lock: a member never releases what it has a commit under way for.
  offsets_.commit(name, positions, time_.wall_ms());
  return {};
}

std::vector<member_description> coordinator::members(const group_name& name) {
  const std::lock_guard lock{mutex_};
  std::vector<member_description> all;
  const auto* g = find(name);
  if (g == nullptr) return all;
  for (const auto& member : g->fsm.describe()) {
    const auto seat = g->seats.find(member.id);
    member_description described{member.id, member.instance, seat == g->seats.end() ? "" : seat->second.client_id, {}};
    for (const auto p : member.held) described.holds.push_back({g->driver, p});
    all.push_back(std::move(described));
  }
  return all;
}

void coordinator::grown(const topic_name& driver, std::int32_t partitions) {
  const std::lock_guard lock{mutex_};
  for (auto& [name, g] : groups_) {
    if (g.driver == driver) carry_out(g, g.fsm.grow(partitions, time_.now()));
  }
}

std::size_t coordinator::expire(const group_name& name, std::string_view client_id) {
  const std::lock_guard lock{mutex_};
  auto* g = find(name);
  if (g == nullptr) return 0;
  std::vector<std::string> ids;
  for (const auto& [id, to] : g->seats) {
    if (to.client_id == client_id && g->fsm.knows(id)) ids.push_back(id);
  }
  for (const auto& id : ids) carry_out(*g, g->fsm.expire(id, time_.now(), "the broker was told to"));
  return ids.size();
}

void coordinator::forgive() {
  const std::lock_guard lock{mutex_};
  for (auto& [name, g] : groups_) g.fsm.forgive(time_.now());
}

void coordinator::forget() {
  const std::lock_guard lock{mutex_};
  groups_.clear();
}

}  // namespace corka::kafka::embedded
