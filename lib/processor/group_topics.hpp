// The topics of a group, as a processor needs them before it can join.
#pragma once

#include "kafka/ports.hpp"
#include "partition/environment.hpp"
#include "processor/topic_changes.hpp"

#include <corka/declaration.hpp>
#include <corka/log.hpp>
#include <corka/processor.hpp>
#include <corka/task.hpp>

#include <chrono>
#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <vector>

namespace corka::processor_parts {

/// What a group's partitions need to know about its topics.
struct group_topics {
  std::int32_t partitions = 0;  ///< of every co-partitioned topic
  std::string table_id{};       ///< empty in stateless groups, and where the cluster has no ids
  /// Of joined tables, in the order declared; empty where the cluster has no ids.
  std::vector<std::string> join_ids{};
  /// How long the own table, and joined ones, keep erasures.
  std::map<topic_name, std::chrono::milliseconds> erasures_kept{};
  /// All of them, as they were found.
  std::vector<known_topic> known{};
};

/// Compares the group's topics with what the group needs, and makes those that are its to make.
/// @throws what graph::plan_topics throws.
[[nodiscard]] task<group_topics> ensure_group_topics(kafka::admin& admin, const declaration& group,
                                                     const processor_options& options, const logger& log);

/// Asks about changelogs; on any strand, though `admin` is asked on `control`.
[[nodiscard]] tables::changelog_inquiry inquiry_by(std::shared_ptr<kafka::admin> admin, executor control);

/// Opens every topic that the group writes to.
[[nodiscard]] task<> open_outputs(partition::environment& env);

[[nodiscard]] kafka::producer_options producer_options_of(const declaration& group, const processor_options& options);
[[nodiscard]] kafka::member_options member_options_of(const partition::environment& env);

}  // namespace corka::processor_parts
