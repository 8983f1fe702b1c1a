// Which topics a group needs, and whether those that exist fit together.
#pragma once

#include "kafka/ports.hpp"

#include <corka/declaration.hpp>

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace corka::graph {

/// Why Kafka would refuse this as a topic's name ("is empty: ..."); empty if it would not.
[[nodiscard]] std::string why_no_topic_name(std::string_view name);

/// Every topic of the group, each once: inputs, loop, table, joins, lookups, outputs.
[[nodiscard]] std::vector<topic_name> topics_of(const declaration& group);

/// Settings for topics that are made.
struct creation {
  bool inputs_and_outputs = false;  ///< and joined and looked-up tables
  std::int32_t partitions = 1;      ///< of those, where nothing that exists says how many
  std::int16_t replication = -1;    ///< -1: the cluster's default
};

/// What to do about topics before a processor can start.
struct topic_plan {
  std::vector<kafka::new_topic> create;
  std::int32_t partitions = 0;  ///< of every co-partitioned topic
};

/// Compares what there is (`found`, one for each of `topics_of`) with what the group needs.
/// @throws error{errc::topic_unknown} for missing topics that are not ours to make; error{errc::not_copartitioned},
/// with the
///         numbers, where they differ.
[[nodiscard]] topic_plan plan_topics(const declaration& group, const std::vector<kafka::topic_description>& found,
                                     const creation& settings);

/// What topics of the group have other settings than they need; one for each of `own_topics`, in order (empty: not
/// known). Each difference is a sentence with its cure.
[[nodiscard]] std::vector<topic_name> own_topics(const declaration& group);
[[nodiscard]] std::vector<std::string> setting_problems(const declaration& group,
                                                        const std::vector<kafka::topic_settings>& in_force);

/// How an existing topic differs from what it should be; sentences with their cures.
[[nodiscard]] std::vector<std::string> differences(const kafka::new_topic& wanted, const kafka::topic_description& is,
                                                   const kafka::topic_settings& in_force);

}  // namespace corka::graph
