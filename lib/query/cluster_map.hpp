// Which instance has which partition of a group.
#pragma once

#include "query/cluster_ports.hpp"

#include <corka/ids.hpp>

#include <string_view>
#include <vector>

namespace corka::query {

/// A routing table, made of a group's description. No I/O.
class cluster_map {
 public:
  explicit cluster_map(group_description now);
  /// The same for a group that has been looked at before. While it is between two assignments, when nobody holds
  /// anything, those who are still in it are taken to hold what they held: kept partitions go on, and who has given one
  /// up says so.
  cluster_map(group_description now, const cluster_map& before);

  [[nodiscard]] const std::string& group() const noexcept { return now_.group; }
  [[nodiscard]] std::int32_t partitions() const noexcept { return now_.partitions; }
  [[nodiscard]] const std::vector<cluster_member>& members() const noexcept { return now_.members; }
  /// Null: nobody holds it.
  [[nodiscard]] const cluster_member* owner(partition_id p) const noexcept;
  [[nodiscard]] partition_id partition_of(std::string_view key) const noexcept;
  /// Held by nobody.
  [[nodiscard]] std::vector<partition_id> unheld() const;

 private:
  void index();

  group_description now_;
  std::vector<int> owners_;  // of each partition: index of the member; -1: none
};

}  // namespace corka::query
