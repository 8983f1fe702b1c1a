// Ways of sharing a group's partitions.
#pragma once

namespace corka {

/// How the partitions of a group are given to its members.
enum class membership {
  lease,         ///< sticky and incremental; kept partitions never stop (classic protocol, cooperative-sticky)
  lease_kip848,  ///< the same by Kafka 4's consumer protocol; session and heartbeat times are the broker's
  range,         ///< contiguous ranges of all inputs, eager: the layout that other tools in the same group expect
};

}  // namespace corka
