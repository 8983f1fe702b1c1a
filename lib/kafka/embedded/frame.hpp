// Frames: what is appended, checked and acknowledged as one. FORMAT.md has the bytes.
#pragma once

#include <corka/record.hpp>

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <memory>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

namespace corka::kafka::embedded {

/// Head of a frame, as it lies in memory and in the file (little-endian).
struct frame_header {
  std::uint32_t length = 0;  ///< of the whole frame
  std::uint32_t crc = 0;     ///< of everything behind this field; 0 in memory-only logs
  std::int64_t base = 0;     ///< offset of the first record; deltas count from here
  std::int32_t last_delta = 0;
  std::int32_t count = 0;  ///< records that are still there
  std::int64_t first_timestamp = 0;
  std::int64_t max_timestamp = 0;
  std::int64_t compacted_ms = -1;  ///< when it first went through compaction; tombstones age from here
  std::int64_t producer_id = -1;
  std::int16_t producer_epoch = -1;
  std::uint16_t attributes = 0;
  std::int32_t first_sequence = -1;

  static constexpr std::uint16_t control = 1;        ///< marker, never given to readers
  static constexpr std::uint16_t transactional = 2;  ///< readable once its transaction is committed

  [[nodiscard]] std::int64_t end() const noexcept { return base + last_delta + 1; }
};
inline constexpr std::size_t frame_header_size = 64;
static_assert(sizeof(frame_header) == frame_header_size);

[[nodiscard]] inline frame_header read_frame_header(const char* at) noexcept {
  frame_header h;
  std::memcpy(&h, at, frame_header_size);
  return h;
}

/// A record inside a frame.
struct framed_record {
  record what;
  std::string_view headers;  ///< encoded; empty where it has none
};

/// Reads the record at `p`; returns the byte behind it, or null where the bytes are no record.
[[nodiscard]] const char* read_record(const char* p, const char* end, const frame_header& frame,
                                      framed_record& into) noexcept;

/// Appends the headers that `encoded` holds; false where the bytes are no headers.
bool read_headers(std::string_view encoded, std::vector<header_view>& into);

/// Whether `bytes` begin with a whole and consistent frame whose first offset is at least `least`; gives its head.
[[nodiscard]] std::optional<frame_header> check_frame(std::string_view bytes, std::int64_t least) noexcept;

/// Builds one frame.
///
/// Life: reused after `clear`, which keeps the memory. Threads: one at a time.
class frame_builder {
 public:
  frame_builder() { clear(); }

  /// Appends a record with the offset `delta` above the frame's base; deltas rise.
  void add(std::int32_t delta, std::int64_t timestamp_ms, std::string_view key, std::optional<std::string_view> value,
           std::span<const header_view> headers);
  /// The same with headers that are encoded already.
  void add_encoded(std::int32_t delta, const record& what, std::string_view headers);

  void clear() noexcept;
  [[nodiscard]] std::size_t size() const noexcept { return size_; }
  [[nodiscard]] std::int32_t count() const noexcept { return head_.count; }
  [[nodiscard]] bool empty() const noexcept { return head_.count == 0; }
  [[nodiscard]] std::int32_t next_delta() const noexcept { return head_.count == 0 ? 0 : head_.last_delta + 1; }
  /// What `seal` completes: compaction sets the deltas and times that it keeps.
  [[nodiscard]] frame_header& head() noexcept { return head_; }

  /// Completes the head; the bytes are valid until the next `add` or `clear`.
  [[nodiscard]] std::string_view seal(std::int64_t base, bool checksum) noexcept;

  /// Bytes that a record takes in a frame, at most.
  [[nodiscard]] static std::size_t bound(std::string_view key, std::string_view value,
                                         std::span<const header_view> headers) noexcept;

 private:
  char* reserve(std::size_t more);
  char* begin_record(char* p, std::int32_t delta, const record& what, bool headers);

  struct freer {
    void operator()(char* p) const noexcept;
  };
  std::unique_ptr<char, freer> bytes_;
  std::size_t size_ = 0;
  std::size_t capacity_ = 0;
  frame_header head_;
};

}  // namespace corka::kafka::embedded
