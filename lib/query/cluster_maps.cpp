#include "query/cluster_maps.hpp"

#include <fmt/format.h>

#include <exception>
#include <utility>

namespace corka::query {

cluster_maps::cluster_maps(executor ex, clock& time, group_directory& from, logger log)
    : ex_{ex}, time_{time}, from_{from}, log_{std::move(log)}, asking_{std::move(ex)} {}

cluster_maps::~cluster_maps() = default;

task<cluster_maps::map_pointer> cluster_maps::get(std::string group, bool fresh) {
  auto& e = entries_[group];  // never erased
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
  auto& e = entries_[group];
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
