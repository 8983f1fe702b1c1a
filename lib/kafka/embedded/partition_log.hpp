// The log of one partition: segments, appending, finding, and what keeps it from growing for ever.
#pragma once

#include "kafka/embedded/segment.hpp"

#include <corka/ids.hpp>
#include <corka/log.hpp>

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <mutex>
#include <optional>
#include <vector>

namespace corka::kafka::embedded {

/// Records of one partition, in memory or in a directory of segment files.
///
/// A frame is visible, and its append returns, only after write(2) took it (and the disk has it, with `fsync`). Readers
/// get places in segments, which they may read on without a lock: segments are never changed, only replaced. Threads:
/// safe. Appending holds its own lock, so that readers never wait for the disk. Errors: error{errc::store_failed}; a
/// log whose append failed can be appended to again.
class partition_log {
 public:
  struct settings {
    std::filesystem::path directory;  ///< empty: in memory
    std::size_t segment_bytes = 16U << 20U;
    bool fsync = false;
    std::shared_ptr<disk> on = real_disk();
  };

  /// Opens what is in the directory, or makes it. Damaged ends are cut, and said to `log`.
  partition_log(settings with, const logger& log);
  /// Forgets what it knows and opens the directory again, as the next process would; places that were given out can be
  /// read on. Nothing else is called meanwhile. Only with a directory.
  void reopen(const logger& log);

  [[nodiscard]] offset_range range() const noexcept {
    return {offset{low_.load(std::memory_order_acquire)}, offset{high_.load(std::memory_order_acquire)}};
  }
  [[nodiscard]] std::size_t bytes() const;
  [[nodiscard]] bool durable() const noexcept { return !with_.directory.empty(); }

  /// Puts the records behind the last one; returns the offset of the first.
  std::int64_t append(frame_builder& frame);

  struct place {
    std::shared_ptr<const segment> in;  ///< null: nothing there up to the end of the log, which is `frame.offset`
    frame_place frame;
  };
  /// First frame that ends above `from`; nothing where `from` is out of range.
  [[nodiscard]] std::optional<place> find(std::int64_t from) const;
  /// First offset with a record at or after the time, or the end.
  [[nodiscard]] std::int64_t find_time(std::int64_t timestamp_ms) const;

  /// Starts a new segment, so that retention and compaction may take the present one.
  void roll();
  /// Starts a new segment when the present one began before `first_before_ms`.
  void roll_if_older(std::int64_t first_before_ms);
  /// Lets whole segments go: those with no record at or after `keep_from_ms`, and the oldest while the rest has
  /// `keep_bytes`. True if the start of the log moved.
  bool retain(std::optional<std::int64_t> keep_from_ms, std::optional<std::size_t> keep_bytes);
  /// Keeps the last record of each key below the present segment. Tombstones stay until `delete_retention_ms` after
  /// their first compaction. Passes when less than `dirty_ratio` of these bytes is new. True if it did something.
  bool compact(std::int64_t now_ms, std::int64_t delete_retention_ms, double dirty_ratio);

 private:
  void open(const logger& log);
  [[nodiscard]] std::filesystem::path file_of(std::int64_t base) const;
  [[nodiscard]] std::shared_ptr<segment> make(std::int64_t base, std::size_t frame_bytes, std::int64_t replaces_to = 0,
                                              bool aside = false) const;
  void roll_for(std::size_t frame_bytes);
  void sync_directory() const;
  /// Readers keep what they have.
  void remove_file(const segment& of) const;
  [[nodiscard]] std::shared_ptr<segment> merge(const std::vector<std::shared_ptr<segment>>& from, std::int64_t until,
                                               const struct survivors& keep) const;

  settings with_;
  std::mutex maintenance_;                          // before append_
  std::mutex append_;                               // before state_
  mutable std::mutex state_;                        // what publish and find touch
  std::vector<std::shared_ptr<segment>> segments_;  // changed under both locks; never empty; the last one is written to
  std::atomic<std::int64_t> low_{0};
  std::atomic<std::int64_t> high_{0};
};

}  // namespace corka::kafka::embedded
