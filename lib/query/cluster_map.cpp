#include "query/cluster_map.hpp"

#include <algorithm>
#include <utility>

namespace corka::query {

namespace {

bool holds_something(const std::vector<cluster_member>& all) {
  return std::ranges::any_of(all, [](const auto& m) { return !m.holds.empty(); });
}

}  // namespace

cluster_map::cluster_map(group_description now) : now_{std::move(now)} { index(); }

cluster_map::cluster_map(group_description now, const cluster_map& before) : now_{std::move(now)} {
  if (!holds_something(now_.members)) {
    for (auto& m : now_.members) {
      const auto was = std::ranges::find(before.now_.members, m.name, &cluster_member::name);
      if (was != before.now_.members.end()) m.holds = was->holds;
    }
  }
  index();
}

void cluster_map::index() {
  owners_.assign(static_cast<std::size_t>(std::max(now_.partitions, 0)), -1);
  for (std::size_t i = 0; i < now_.members.size(); ++i) {
    for (const auto p : now_.members[i].holds) {
      if (p.value >= 0 && p.value < now_.partitions) owners_[static_cast<std::size_t>(p.value)] = static_cast<int>(i);
    }
  }
}

const cluster_member* cluster_map::owner(partition_id p) const noexcept {
  if (p.value < 0 || p.value >= now_.partitions) return nullptr;
  const auto at = owners_[static_cast<std::size_t>(p.value)];
  return at < 0 ? nullptr : &now_.members[static_cast<std::size_t>(at)];
}

partition_id cluster_map::partition_of(std::string_view key) const noexcept {
  return now_.partitions < 1 ? partition_id{-1} : corka::partition_of(key, now_.partitions, now_.by);
}

std::vector<partition_id> cluster_map::unheld() const {
  std::vector<partition_id> all;
  for (std::int32_t p = 0; p < now_.partitions; ++p) {
    if (owners_[static_cast<std::size_t>(p)] < 0) all.emplace_back(p);
  }
  return all;
}

}  // namespace corka::query
