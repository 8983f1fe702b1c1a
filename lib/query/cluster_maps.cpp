#include "query/cluster_maps.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <exception>
#include <utility>

namespace corka::query {

cluster_maps::cluster_maps(executor ex, clock& time, group_directory& from, logger log)
    : ex_{ex}, time_{time}, from_{from}, log_{std::move(log)}, asking_{std::move(ex)} {}

cluster_maps::~cluster_maps() = default;

cluster_maps::entry* cluster_maps::entry_of(const std::string& group) {
  if (const auto known = entries_.find(group); known != entries_.end()) return &known->second;
  const auto own = from_.groups();
  const auto is_own = [&own](const std::string& name) { return std::ranges::find(own, name) != own.end(); };
  if (entries_.size() >= most_groups && !is_own(group)) {
    // The one that is missed least: no group at all before an old map of one.
    auto least = entries_.end();
    for (auto it = entries_.begin(); it != entries_.end(); ++it) {
      const auto& [name, e] = *it;
      if (e.asking || !e.waiting.empty() || is_own(name)) continue;
      const auto worth = [](const entry& of) { return std::pair{of.map != nullptr, of.asked}; };
      if (least == entries_.end() || worth(e) < worth(least->second)) least = it;
    }
    if (least == entries_.end()) return nullptr;
    entries_.erase(least);
  }
  return &entries_[group];
}

task<cluster_maps::map_pointer> cluster_maps::get(std::string group, bool fresh) {
  auto* const found = entry_of(group);
  if (found == nullptr) co_return nullptr;
  auto& e = *found;  // not erased while it is asked for or waited for, and nothing else suspends here
  const auto now = time_.now();
  const bool rested = !e.asked || now - *e.asked >= pause;
  const bool old = !e.asked || now - *e.asked >= lifetime;
  if (fresh && !rested && !e.asking) {
    // Just asked: what changes a group takes longer than this.
    co_await wait(e, *e.asked + pause - now);
  }
  if (!e.asking && (fresh || old)) {
    e.asking = true;
    asking_.spawn(ask(group));
  }
  if (e.asking && (fresh || !e.map)) co_await wait(e, patience);
  co_return e.map;
}

task<> cluster_maps::wait(entry& of, clock::duration longest) {
  async::timer here{ex_, time_};
  struct place {
    std::list<async::timer*>& in;
    std::list<async::timer*>::iterator at;
    ~place() { in.erase(at); }
  } const mine{of.waiting, of.waiting.insert(of.waiting.end(), &here)};
  (void)co_await here.wait_for(longest);
}

task<> cluster_maps::ask(std::string group) {
  auto& e = entries_[group];  // not erased while it is asked for
  try {
    auto found = co_await from_.describe(group);
    if (!found) e.map = nullptr;
    else if (e.map) e.map = std::make_shared<const cluster_map>(std::move(*found), *e.map);
    else e.map = std::make_shared<const cluster_map>(std::move(*found));
  } catch (const std::exception& failed) {
    log_.debug(fmt::format("group '{}' cannot be looked at just now: {}", group, failed.what()));
  }
  e.asked = time_.now();
  e.asking = false;
  for (auto* const waiting : e.waiting) waiting->cancel();
}

task<> cluster_maps::stop() {
  asking_.cancel();
  co_await asking_.join();
}

}  // namespace corka::query
