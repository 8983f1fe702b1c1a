// Whether rows of a key may be in any partition of a table.
#pragma once

#include <corka/ids.hpp>
#include <corka/log.hpp>
#include <corka/partitioner.hpp>

#include <atomic>
#include <cstdint>
#include <filesystem>
#include <mutex>
#include <string>
#include <string_view>

namespace corka::tables {

/// A table is scattered once a record is seen outside its key's partition, or the topic has grown. It stays so, and is
/// written down beside the partitions' folders with the topic's id: the copy may be all that the next run reads.
///
/// Threads: any.
class scatter_mark {
 public:
  scatter_mark(std::filesystem::path folder, topic_name of, partitioner by, logger log);

  [[nodiscard]] bool is_set() const noexcept { return set_; }
  /// Of which topic it is from now on, by the cluster's id.
  void topic_is(const std::string& id);
  /// Sets it if an earlier run has, for this topic; before `topic_is`: for whichever. Reads the disk.
  void recall();
  /// False: it is set, as it may be by this very key, which is in partition `number` of `partitions`.
  [[nodiscard]] bool belongs(std::string_view key, std::int32_t number, std::int32_t partitions);
  /// Before any row is written that it is about. Says `why` in the log, once. Writes the disk.
  void set(std::string_view why);

 private:
  std::filesystem::path folder_;
  topic_name topic_;
  partitioner by_;
  logger log_;
  std::atomic<bool> set_{false};
  std::mutex mutex_;  // guards what follows
  std::string topic_id_;
};

}  // namespace corka::tables
