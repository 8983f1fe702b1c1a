// A topic on the broker.
#pragma once

#include "kafka/embedded/hosted_partition.hpp"
#include "kafka/embedded/topic_config.hpp"

#include <corka/ids.hpp>

#include <atomic>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

namespace corka::kafka::embedded {

/// Life: shared; readers and producers may hold it after it was removed. Threads: safe.
class topic {
 public:
  /// Opens or makes the partitions, in subfolders of `with.directory` where that is not empty.
  topic(topic_name name, std::string id, topic_config config, std::int32_t partitions,
        const partition_log::settings& with, const logger& log);

  [[nodiscard]] const topic_name& name() const noexcept { return name_; }
  [[nodiscard]] const std::string& id() const noexcept { return id_; }
  [[nodiscard]] const topic_config& config() const noexcept { return config_; }
  [[nodiscard]] std::int32_t partitions() const noexcept {
    return static_cast<std::int32_t>(present_.load(std::memory_order_acquire)->size());
  }
  [[nodiscard]] bool has(partition_id p) const noexcept { return p.value >= 0 && p.value < partitions(); }
  [[nodiscard]] hosted_partition& at(partition_id p) noexcept {
    return *(*present_.load(std::memory_order_acquire))[static_cast<std::size_t>(p.value)];
  }
  [[nodiscard]] bool removed() const noexcept { return removed_.load(std::memory_order_acquire); }
  /// Adds partitions up to this number; who looks at them meanwhile is not disturbed. One call at a time.
  void grow(std::int32_t partitions);
  void set_removed();
  /// All partitions from the disk, see partition_log::reopen.
  void reopen();
  void wake_all();

  /// Retention and compaction, as the config says; `forced` closes the present segments first and compacts whatever is
  /// there.
  void maintain(std::int64_t now_ms, bool forced);

 private:
  using table = std::vector<std::shared_ptr<hosted_partition>>;

  topic_name name_;
  std::string id_;
  topic_config config_;
  partition_log::settings with_;
  logger log_;
  // One table for each number of partitions that there ever was: an old one may be looked at while it is replaced.
  std::vector<std::unique_ptr<const table>> tables_;
  std::atomic<const table*> present_{nullptr};
  std::atomic<bool> removed_{false};
};

}  // namespace corka::kafka::embedded
