// Topics that a program needs: made where they are missing, compared where they are not.
#pragma once

#include <corka/ids.hpp>
#include <corka/task.hpp>

#include <chrono>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace corka {

class runtime;

/// What to do about a topic that exists with other settings than it should have. Existing topics are never altered.
enum class topic_mismatch {
  ignore,
  warn,  ///< a warning that names both values and the cure
  fail,  ///< error{errc::topic_mismatch}, with the same words
};

/// A topic as it should be.
struct topic_spec {
  topic_name topic;
  /// 1..100'000.
  std::int32_t partitions = 4;
  /// Replicas of each partition; -1: the cluster's default, and not compared.
  std::int16_t replication = -1;
  /// How long records are kept (retention.ms); nothing: the cluster's default.
  std::optional<std::chrono::milliseconds> retention{};
  /// A table: the last record of each key is kept for ever (cleanup.policy=compact).
  bool compacted = false;
  /// Further settings by Kafka's names; they go before the two above.
  std::map<std::string, std::string> config{};
};

/// Makes what is missing of `topics` and compares the rest, before anything runs that needs them. The broker's
/// automatic creation is never used, so nothing gets its defaults by accident.
///
/// Strand: awaited on a worker of `on`. Cancellation: total. Errors: error{errc::topic_mismatch} that lists every
/// difference, where `on_mismatch` is fail; error{errc::invalid_option} for a topic that the cluster refuses;
/// error{errc::unauthorized}; error{errc::broker_unavailable} where no broker answers within `patience`.
[[nodiscard]] task<> ensure_topics(runtime& on, std::vector<topic_spec> topics,
                                   topic_mismatch on_mismatch = topic_mismatch::warn,
                                   std::chrono::milliseconds patience = std::chrono::seconds{30});

}  // namespace corka
