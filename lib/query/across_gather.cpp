#include "http/dispatch.hpp"
#include "query/across_instances.hpp"

#include "async/task_group.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <utility>

namespace corka::query {

across_instances::across_instances(executor ex, clock& time, const source& here, const http::router& routes,
                                   group_directory& groups, peer_wire& wire, const access& who, logger log,
                                   elsewhere usually)
    : ex_{ex},
      here_{here},
      routes_{routes},
      groups_{groups},
      wire_{wire},
      who_{who},
      usually_{usually},
      maps_{std::move(ex), time, groups, std::move(log)} {}

across_instances::~across_instances() = default;

task<http::reply> across_instances::send(http::call what) {
  who_.sign(what);
  return wire_.send(std::move(what));
}

namespace {

/// The instance at an address, or with our own memberships; other members without an address are instances of their
/// own. The first of `all` is this one.
instance_answer& instance_at(std::vector<instance_answer>& all, const cluster_member& m,
                             const std::vector<std::string>& own) {
  if (std::ranges::find(own, m.name) != own.end()) return all.front();
  const auto found =
      std::ranges::find_if(all, [&](const auto& i) { return !m.address.empty() && i.address == m.address; });
  if (found != all.end()) return *found;
  instance_answer made;
  made.address = m.address;
  all.push_back(std::move(made));
  return all.back();
}

}  // namespace

task<std::vector<instance_answer>> across_instances::gather(http::request r, std::string target,
                                                            std::vector<std::string> groups) {
  std::vector<instance_answer> all(1);
  all.front().self = true;
  all.front().address = groups_.self();
  const auto own = groups_.groups();
  std::vector<std::string> own_members;
  for (const auto& p : here_.processors()) {
    if (!p.member.empty()) own_members.push_back(p.member);
  }
  for (const auto& group : groups) {
    if (std::ranges::find(own, group) != own.end()) all.front().groups.push_back(group);
    const auto map = co_await maps_.get(group, false);
    if (!map) continue;
    for (const auto& m : map->members()) {
      auto& at = instance_at(all, m, own_members);
      at.members.push_back(m.name);
      if (std::ranges::find(at.groups, group) == at.groups.end()) at.groups.push_back(group);
    }
  }
  async::task_group asking{ex_};
  for (auto& i : all) {
    if (!i.self && i.address.empty()) {
      i.why = "it announces no address: start it with --advertise HOST:PORT";
      continue;
    }
    auto what = call_for(r, i.address, target);
    std::erase_if(what.fields, [](const auto& f) { return f.first == "Accept" || f.first == "If-None-Match"; });
    asking.spawn(ask(std::move(what), i));
  }
  co_await asking.join();
  co_return all;
}

task<> across_instances::ask(http::call what, instance_answer& into) {
  http::reply got;
  try {
    if (into.self) got = co_await http::dispatch(routes_, std::move(what));
    else got = co_await send(std::move(what));
  } catch (const http::call_failed& e) { into.why = e.what(); }
  if (!into.why.empty()) co_return;
  if (got.status == 200) into.body = std::move(got.body);
  else if (got.status == 401)
    into.why = "it does not take this instance's word: start all instances with the same token";
  else into.why = fmt::format("it answered {}", got.status);
}

}  // namespace corka::query
