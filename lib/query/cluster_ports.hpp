// What answering for a whole group asks of the rest of corka.
#pragma once

#include <corka/http/client.hpp>
#include <corka/ids.hpp>
#include <corka/partitioner.hpp>
#include <corka/task.hpp>

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace corka::query {

/// A member of a group, as the group's coordinator describes it.
struct cluster_member {
  std::string name;     ///< instance id, or the id of its membership
  std::string address;  ///< "host:port" of its HTTP server; empty: it announces none
  std::vector<partition_id> holds;

  friend bool operator==(const cluster_member&, const cluster_member&) = default;
};

/// A group at one moment. Between two assignments nobody may hold anything.
struct group_description {
  std::string group;
  std::int32_t partitions = 0;  ///< of its table, or of its input where it has none
  partitioner by = partitioner::fnv1a;
  std::vector<cluster_member> members;
};

/// Finds groups. Strand: the server's.
struct group_directory {
  virtual ~group_directory() = default;

  /// The group that writes the table; nothing where no group is known to. Never asks anybody.
  [[nodiscard]] virtual std::optional<std::string> group_of(const std::string& table) const = 0;
  /// Groups of this process, those that do not run now included.
  [[nodiscard]] virtual std::vector<std::string> groups() const = 0;
  /// Asks the cluster. Nothing where it knows neither the group's topics nor members of it. Throws what the cluster's
  /// admin throws.
  [[nodiscard]] virtual task<std::optional<group_description>> describe(std::string group) = 0;
  /// What this process announces; empty: nothing.
  [[nodiscard]] virtual std::string self() const = 0;
};

/// Reaches other instances. Strand: the server's. Throws http::call_failed.
struct peer_wire {
  virtual ~peer_wire() = default;
  [[nodiscard]] virtual task<http::reply> send(http::call what) = 0;
};

}  // namespace corka::query
