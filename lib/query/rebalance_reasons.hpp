// Why partitions move, as far as a member of a group can know.
#pragma once

#include "query/cluster_ports.hpp"

#include <corka/status.hpp>

#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

namespace corka::query {

/// The group tells a member what it has to give back and what it gets, not why. What is known is that it has just
/// joined, or that the group took it for dead; the rest is read off descriptions of the group, before and after: who
/// came, who went. No I/O, no clock.
class rebalance_reasons {
 public:
  /// The group as it is described, at a wall time.
  void described(const std::string& group, const std::vector<cluster_member>& members, std::int64_t wall_ms);
  /// Forgets those of moves that `p` does not remember any more.
  void seen(const processor_status& p);

  /// "joined": this member did; "session lost"; "members joined: a, b", "members left: c", or both; "assignment
  /// changed": the same members hold other partitions. Nothing: it is not known.
  [[nodiscard]] std::optional<std::string> of(const processor_status& p, const rebalance_status& move) const;
  /// Whether there are moves that a description of the group would explain.
  [[nodiscard]] bool lacks(const processor_status& p) const;

 private:
  struct picture {
    std::int64_t at_ms;
    std::set<std::string> members;
  };
  std::map<std::string, std::deque<picture>> groups_;  // oldest first
};

}  // namespace corka::query
