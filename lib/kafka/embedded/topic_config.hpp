// Settings of a topic, by Kafka's names.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string>

namespace corka::kafka::embedded {

/// What the broker does with a topic's log. Times in ms.
struct topic_config {
  bool compacted = false;                                  ///< cleanup.policy has compact
  bool deleted = true;                                     ///< cleanup.policy has delete
  std::optional<std::int64_t> retention_ms = 604'800'000;  ///< nothing: for ever
  std::optional<std::size_t> retention_bytes;              ///< nothing: any
  std::optional<std::size_t> segment_bytes;                ///< nothing: the broker's
  std::int64_t segment_ms = 604'800'000;                   ///< older segments are closed, so that they can be cleaned
  std::int64_t delete_retention_ms = 86'400'000;           ///< how long readers may find tombstones
  double min_cleanable_dirty_ratio = 0.5;
  std::size_t max_message_bytes = 1'048'588;
  /// As they were given, for `in_force`.
  std::map<std::string, std::string> given;

  /// What has an effect here, and whatever else was given, by Kafka's names.
  [[nodiscard]] std::map<std::string, std::string> in_force() const;

  /// @throws error{errc::invalid_option} for a name that Kafka does not have, or a value that cannot be. Settings of
  /// Kafka that
  ///         have no meaning on one broker in the process (replicas, compression, ...) are taken and change nothing.
  [[nodiscard]] static topic_config parse(const std::string& topic, const std::map<std::string, std::string>& settings);
};

/// @throws error{errc::invalid_option} unless Kafka would take the name (and so a file system does).
void check_topic_name(const std::string& topic);

}  // namespace corka::kafka::embedded
