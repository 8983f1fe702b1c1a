// A stretch of a partition's log: frames one after another, in memory or in a file.
#pragma once

#include "kafka/embedded/disk.hpp"
#include "kafka/embedded/frame.hpp"

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace corka::kafka::embedded {

/// Head of a segment, in memory as in the file.
struct segment_header {
  std::uint64_t magic = expected_magic;
  std::uint32_t version = 1;
  std::uint32_t crc = 0;         ///< of what follows it
  std::int64_t base = 0;         ///< no record is below
  std::int64_t replaces_to = 0;  ///< made by compaction: stands for every record in [base, replaces_to); else 0

  static constexpr std::uint64_t expected_magic = 0x31676f6c616b726fULL;
};
inline constexpr std::size_t segment_header_size = 32;
static_assert(sizeof(segment_header) == segment_header_size);

/// A place in a segment: where a frame begins, or the end.
struct frame_place {
  std::size_t at = 0;
  std::int64_t offset = 0;  ///< first offset of that frame, or one past the last
};

/// Bytes that only ever grow, mapped at a fixed address; readers hold it by shared_ptr and read below `size()` without
/// a lock.
///
/// With a file, `write` hands the bytes to write(2) before they become visible: what a reader has seen survives the
/// process. Threads: `size`, `data`, `end` any; `write`, `publish`, `find`, `find_time` under the log's locks. Life:
/// the mapping goes with the last reader, also after the file was removed.
class segment {
 public:
  /// In memory. `capacity` bytes are mapped; a frame that does not fit needs a new segment.
  segment(std::int64_t base, std::size_t capacity, std::int64_t replaces_to = 0);
  /// A new file. @throws error{errc::store_failed}.
  segment(disk& on, std::filesystem::path file, std::int64_t base, std::size_t capacity, std::int64_t replaces_to = 0);
  segment(const segment&) = delete;
  segment& operator=(const segment&) = delete;
  ~segment() = default;

  /// The head of a file; nothing where it is no segment.
  [[nodiscard]] static std::optional<segment_header> peek(disk& on, const std::filesystem::path& file);
  /// What opening a file found.
  struct opened {
    std::shared_ptr<segment> what;
    std::size_t cut = 0;  ///< bytes behind the last good frame, which are gone now
  };
  /// Opens a file that `peek` likes and checks every frame; cuts it behind the last good one, and where `limit` is
  /// passed.
  /// @throws error{errc::store_failed}.
  [[nodiscard]] static opened open(disk& on, const std::filesystem::path& file, std::size_t capacity,
                                   std::int64_t limit);

  [[nodiscard]] std::int64_t base() const noexcept { return base_; }
  [[nodiscard]] std::int64_t replaces_to() const noexcept { return replaces_to_; }
  [[nodiscard]] const char* data() const noexcept { return bytes_->data(); }
  [[nodiscard]] std::size_t size() const noexcept { return size_.load(std::memory_order_acquire); }
  /// One past the last offset; `base` while it is empty.
  [[nodiscard]] std::int64_t end() const noexcept { return end_.load(std::memory_order_acquire); }
  [[nodiscard]] std::int64_t max_timestamp() const noexcept { return max_timestamp_; }
  /// Of the first frame; -1 while it is empty.
  [[nodiscard]] std::int64_t first_timestamp() const noexcept { return first_timestamp_; }
  [[nodiscard]] bool has_room(std::size_t bytes) const noexcept;
  [[nodiscard]] bool empty() const noexcept { return size() == segment_header_size; }

  /// Puts a frame behind the last one; not visible before `publish`. @throws error{errc::store_failed}: nothing is
  /// there then.
  void write(std::string_view frame, bool sync);
  void publish(const frame_header& head);
  /// No more writes: the file is closed, the bytes stay readable.
  void freeze() noexcept { bytes_->finish(); }
  /// Waits until the bytes are on the disk. @throws error{errc::store_failed}.
  void sync() { bytes_->sync(); }

  /// First frame that ends above `offset`; the end where there is none.
  [[nodiscard]] frame_place find(std::int64_t offset) const noexcept;
  /// First frame with a record at or after the time; the end where there is none.
  [[nodiscard]] frame_place find_time(std::int64_t timestamp_ms) const noexcept;
  [[nodiscard]] frame_place begin() const noexcept { return {segment_header_size, base_}; }

  [[nodiscard]] const std::filesystem::path& file() const noexcept { return file_; }
  void renamed(std::filesystem::path to) { file_ = std::move(to); }

 private:
  segment() = default;
  void begin(bool checksum);
  void index(const frame_header& head, std::size_t at);

  std::filesystem::path file_;  ///< empty: in memory
  std::unique_ptr<log_file> bytes_;
  std::int64_t base_ = 0;
  std::int64_t replaces_to_ = 0;
  std::atomic<std::size_t> size_{0};
  std::atomic<std::int64_t> end_{0};
  std::int64_t max_timestamp_ = -1;
  std::int64_t first_timestamp_ = -1;
  std::vector<frame_place> index_;  ///< some frames, far enough apart to be few
};

}  // namespace corka::kafka::embedded
