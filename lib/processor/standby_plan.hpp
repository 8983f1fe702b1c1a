// Which members keep copies of which other members' table partitions.
#pragma once

#include "kafka/ports.hpp"

#include <corka/ids.hpp>

#include <cstddef>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace corka::processor_parts {

/// A member of the group, as everybody sees it.
struct standby_candidate {
  std::string name;  ///< instance id, or the id of the membership
  std::vector<partition_id> holds;
};

/// The same for every member, as far as its numbers of `driver` go.
[[nodiscard]] std::vector<standby_candidate> candidates_of(const std::vector<kafka::member_description>& members,
                                                           const topic_name& driver);

/// Rendezvous hashing with bounded loads: each number ranks the members by a hash of both, and the first `replicas` of
/// them that do not hold it and have room keep a copy. Room is the mean, rounded up, and what is still uneven is
/// evened out, so loads differ by one; who comes or goes moves little but its own share. Members that see the same
/// candidates choose the same.
///
/// No I/O. Names by number; fewer than `replicas` where there are not so many other members.
[[nodiscard]] std::map<partition_id, std::vector<std::string>> choose_standbys(
    std::vector<standby_candidate> candidates, std::int32_t partitions, std::size_t replicas);

}  // namespace corka::processor_parts
