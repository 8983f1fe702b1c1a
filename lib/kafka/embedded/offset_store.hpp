// Committed positions of all groups.
#pragma once

#include "kafka/embedded/partition_log.hpp"
#include "kafka/ports.hpp"

#include <corka/ids.hpp>

#include <cstdint>
#include <map>
#include <mutex>
#include <optional>
#include <span>
#include <vector>

namespace corka::kafka::embedded {

/// Kept in memory and, where the broker has a directory, in a compacted log of its own. Threads: safe.
class offset_store {
 public:
  offset_store(partition_log::settings with, const logger& log);

  /// All of them or none. @throws error{errc::store_failed}.
  void commit(const group_name& group, std::span<const position> positions, std::int64_t now_ms);
  [[nodiscard]] std::vector<std::optional<offset>> committed(const group_name& group,
                                                             std::span<const topic_partition> of) const;
  /// Forgets what was committed for a topic that is gone.
  void forget(const topic_name& topic, std::int64_t now_ms);
  void maintain(std::int64_t now_ms, bool forced);
  /// Everything from the disk, as the next process would have it. Only with a directory.
  void reopen(const logger& log);

 private:
  void load();

  mutable std::mutex mutex_;
  std::optional<partition_log> log_;  ///< nothing: in memory
  std::map<group_name, std::map<topic_partition, offset>> committed_;
};

}  // namespace corka::kafka::embedded
