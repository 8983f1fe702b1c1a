// Who gets which partition number.
#pragma once

#include <corka/ids.hpp>

#include <cstdint>
#include <set>
#include <vector>

namespace corka::kafka::embedded {

/// Balanced to within one, with the fewest moves: members, in their order, keep what they have up to their share, and
/// what is nobody's goes to those with the least. `held` is one set a member, disjoint; numbers from `partitions` on
/// are dropped.
[[nodiscard]] std::vector<std::set<partition_id>> assign_sticky(std::vector<std::set<partition_id>> held,
                                                                std::int32_t partitions);

/// Contiguous ranges in the members' order; the first ones get one more where it does not come out even.
[[nodiscard]] std::vector<std::set<partition_id>> assign_range(std::size_t members, std::int32_t partitions);

}  // namespace corka::kafka::embedded
