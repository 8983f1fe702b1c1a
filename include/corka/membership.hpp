// Ways of sharing a group's partitions.
#pragma once

namespace corka {

/// How the partitions of a group are given to its members.
enum class membership {
  lease,         ///< sticky and incremental; kept partitions never stop (classic protocol, cooperative-sticky)
  lease_kip848,  ///< the same by Kafka 4's consumer protocol; session and heartbeat times are the broker's
  range,         ///< contiguous ranges of all inputs, eager: the layout that other tools in the same group expect
  range_kip848,  ///< the same layout by Kafka 4's consumer protocol; members of goka in one group with ours are
                 ///< accepted
};

/// Members of this kind subscribe to all inputs, others to the first in name order alone.
[[nodiscard]] constexpr bool shares_by_range(membership m) noexcept {
  return m == membership::range || m == membership::range_kip848;
}

/// Session and heartbeat times are the broker's.
[[nodiscard]] constexpr bool by_consumer_protocol(membership m) noexcept {
  return m == membership::lease_kip848 || m == membership::range_kip848;
};

}  // namespace corka
