// Finds the groups of the program, and others by their tables' names, in the cluster.
#pragma once

#include "kafka/ports.hpp"
#include "query/cluster_ports.hpp"

#include <corka/processor.hpp>

#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace corka::app_parts {

/// What the program declares is known from there; else `<group>-table` is the table of `<group>`, its keys partitioned
/// by FNV-1a, which whoever is asked corrects.
///
/// Life: the cluster and the processors outlive it. Strand: `control`. The connection is made at the first question.
class group_directory final : public query::group_directory {
 public:
  group_directory(kafka::cluster& cluster, executor control, std::vector<const processor*> processors)
      : cluster_{cluster}, control_{std::move(control)}, processors_{std::move(processors)} {}

  [[nodiscard]] std::optional<std::string> group_of(const std::string& table) const override;
  [[nodiscard]] std::vector<std::string> groups() const override;
  [[nodiscard]] task<std::optional<query::group_description>> describe(std::string group) override;
  [[nodiscard]] std::string self() const override { return self_; }
  /// What this process announces, once it is known.
  void announce(std::string address) { self_ = std::move(address); }

 private:
  [[nodiscard]] const declaration* declared(const std::string& group) const;

  kafka::cluster& cluster_;
  executor control_;
  std::vector<const processor*> processors_;
  std::shared_ptr<kafka::admin> admin_;
  std::string self_;
};

/// The group as its members and its table's, or its driver's, topic describe it. Members are counted by the numbers
/// that they hold of any topic: all those of a group have the same.
[[nodiscard]] query::group_description description_of(std::string group, std::int32_t partitions, partitioner by,
                                                      const std::vector<kafka::member_description>& members);

}  // namespace corka::app_parts
