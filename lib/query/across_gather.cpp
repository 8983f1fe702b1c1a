#include "http/dispatch.hpp"
#include "query/across_instances.hpp"
#include "query/read_json.hpp"

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
      maps_{ex, time, groups, std::move(log)},
      answers_{std::move(ex), time} {}

across_instances::~across_instances() = default;

task<> across_instances::stop() {
  co_await answers_.stop();
  co_await maps_.stop();
}

task<http::reply> across_instances::send(http::call what) {
  who_.sign(what);
  return wire_.send(std::move(what));
}

namespace {

/// More would only wait for each other, and their answers take memory.
constexpr std::size_t asked_at_once = 16;

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

/// What is asked, and how much there is room for.
struct across_instances::gathering {
  const http::request& asked;
  const http::call& what;
  std::vector<instance_answer>& all;
  std::size_t next = 0;
  std::size_t room = most_gathered;
};

task<std::vector<instance_answer>> across_instances::gather(http::request r, http::call what,
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
  gathering of{r, what, all};
  async::task_group asking{ex_};
  for (std::size_t i = 0; i < std::min(asked_at_once, all.size()); ++i) asking.spawn(ask_next(of));
  co_await asking.join();
  co_return all;
}

task<> across_instances::ask_next(gathering& of) {
  while (of.next < of.all.size()) {
    auto& i = of.all[of.next++];
    if (!i.self && i.address.empty()) {
      i.why = "it announces no address: start it with --advertise HOST:PORT";
      continue;
    }
    auto what = call_for(of.asked, i.address, of.what.target);
    std::erase_if(what.fields, [](const auto& f) { return f.first == "Accept" || f.first == "If-None-Match"; });
    what.method = of.what.method;
    what.body = of.what.body;
    what.fields.insert(what.fields.end(), of.what.fields.begin(), of.what.fields.end());
    // Within the process: here the client's own word counts.
    const auto token = i.self ? of.asked.header("Authorization") : std::nullopt;
    if (token) what.fields.emplace_back("Authorization", *token);
    co_await ask(std::move(what), of, i);
  }
}

namespace {

/// What a problem says, where it is one.
std::string detail_of(const http::reply& r) {
  const auto j = read_json(r.body);
  const bool told = j && j->is_object() && j->contains("detail") && (*j)["detail"].is_string();
  return told ? fmt::format("it answered {}: {}", r.status, (*j)["detail"].get<std::string>())
              : fmt::format("it answered {}", r.status);
}

}  // namespace

task<> across_instances::ask(http::call what, gathering& of, instance_answer& into) {
  http::reply got;
  try {
    if (into.self) got = co_await http::dispatch(routes_, std::move(what));
    else got = co_await send(std::move(what));
  } catch (const http::call_failed& e) { into.why = e.what(); }
  if (!into.why.empty()) co_return;
  into.status = got.status;
  if (got.status == 401) {
    into.why = "it does not take this instance's word: start all instances with the same token";
  } else if (got.status / 100 != 2) {
    into.why = detail_of(got);
  } else if (got.body.size() > of.room) {
    into.why = fmt::format("all instances together said more than {} MB: ask it alone", most_gathered >> 20U);
  } else {
    of.room -= got.body.size();
    into.body = std::move(got.body);
  }
}

}  // namespace corka::query
