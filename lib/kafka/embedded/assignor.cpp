#include "kafka/embedded/assignor.hpp"

#include <algorithm>
#include <cstddef>
#include <iterator>
#include <numeric>
#include <utility>

namespace corka::kafka::embedded {

std::vector<std::set<partition_id>> assign_sticky(std::vector<std::set<partition_id>> held, std::int32_t partitions) {
  if (held.empty()) return held;
  std::set<partition_id> free;
  for (std::int32_t p = 0; p < partitions; ++p) free.emplace(p);
  for (auto& own : held) {
    std::erase_if(own, [&](partition_id p) { return free.erase(p) == 0; });
  }
  const auto share = static_cast<std::size_t>(partitions) / held.size();
  auto larger_shares = static_cast<std::size_t>(partitions) % held.size();

  // Who holds the most keeps the larger share: that moves the least.
  std::vector<std::size_t> order(held.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::sort(order.begin(), order.end(),
            [&](std::size_t a, std::size_t b) { return std::pair{held[b].size(), a} < std::pair{held[a].size(), b}; });
  std::vector<std::size_t> quota(held.size(), share);
  for (const auto m : order) {
    if (larger_shares > 0) ++quota[m], --larger_shares;
    while (held[m].size() > quota[m]) free.insert(held[m].extract(std::prev(held[m].end())));
  }
  for (std::size_t m = 0; m < held.size(); ++m) {
    while (held[m].size() < quota[m]) held[m].insert(free.extract(free.begin()));
  }
  return held;
}

std::vector<std::set<partition_id>> assign_range(std::size_t members, std::int32_t partitions) {
  std::vector<std::set<partition_id>> given(members);
  std::int32_t next = 0;
  for (std::size_t m = 0; m < members; ++m) {
    const auto n = static_cast<std::int32_t>(members);
    const auto at = static_cast<std::int32_t>(m);
    const auto count = partitions / n + (at < partitions % n ? 1 : 0);
    for (std::int32_t i = 0; i < count; ++i) given[m].emplace(next++);
  }
  return given;
}

}  // namespace corka::kafka::embedded
