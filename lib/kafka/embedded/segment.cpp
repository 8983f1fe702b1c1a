#include "kafka/embedded/segment.hpp"

#include "kafka/embedded/crc32c.hpp"

#include <corka/error.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <cstring>
#include <limits>
#include <utility>

namespace corka::kafka::embedded {

namespace {

constexpr std::size_t index_distance = 16U << 10U;

std::string_view bytes_of(const segment_header& h) { return {reinterpret_cast<const char*>(&h), segment_header_size}; }

std::uint32_t crc_of(const segment_header& h) { return crc32c(bytes_of(h).substr(16)); }

}  // namespace

segment::segment(std::int64_t base, std::size_t capacity, std::int64_t replaces_to)
    : bytes_{file_in_memory(std::max(capacity, segment_header_size))}, base_{base}, replaces_to_{replaces_to} {
  begin(false);
}

segment::segment(disk& on, std::filesystem::path file, std::int64_t base, std::size_t capacity,
                 std::int64_t replaces_to)
    : file_{std::move(file)},
      bytes_{on.create(file_, std::max(capacity, segment_header_size))},
      base_{base},
      replaces_to_{replaces_to} {
  begin(true);
}

void segment::begin(bool checksum) {
  segment_header head{.base = base_, .replaces_to = replaces_to_};
  if (checksum) head.crc = crc_of(head);
  write(bytes_of(head), false);
  size_.store(segment_header_size, std::memory_order_release);
  end_.store(base_, std::memory_order_release);
}

bool segment::has_room(std::size_t bytes) const noexcept { return size() + bytes <= bytes_->room(); }

void segment::write(std::string_view frame, bool sync_now) {
  bytes_->write(size_.load(std::memory_order_relaxed), frame);
  if (sync_now) bytes_->sync();
}

void segment::publish(const frame_header& head) {
  const auto at = size_.load(std::memory_order_relaxed);
  index(head, at);
  end_.store(head.end(), std::memory_order_release);
  size_.store(at + head.length, std::memory_order_release);
}

void segment::index(const frame_header& head, std::size_t at) {
  if (first_timestamp_ < 0) first_timestamp_ = head.first_timestamp;
  max_timestamp_ = std::max(max_timestamp_, head.max_timestamp);
  if (index_.empty() || at >= index_.back().at + index_distance) index_.push_back({at, head.base});
}

std::optional<segment_header> segment::peek(disk& on, const std::filesystem::path& file) {
  segment_header head;
  const auto bytes = on.read(file, segment_header_size);
  if (!bytes || bytes->size() != segment_header_size) return std::nullopt;
  std::memcpy(&head, bytes->data(), segment_header_size);
  constexpr auto most = std::numeric_limits<std::int64_t>::max() / 4;  // leaves room above for more of them
  if (head.magic != segment_header::expected_magic || head.version != 1 || head.crc != crc_of(head) || head.base < 0 ||
      head.base > most || head.replaces_to < 0 || head.replaces_to > most) {
    return std::nullopt;
  }
  return head;
}

segment::opened segment::open(disk& on, const std::filesystem::path& file, std::size_t capacity, std::int64_t limit) {
  const auto head = peek(on, file);
  if (!head) {
    throw error{errc::store_failed, fmt::format("embedded broker: {} is no segment any more: it was changed from "
                                                "outside, start again",
                                                file.string())};
  }
  std::shared_ptr<segment> s{new segment};
  auto [bytes, length] = on.open(file, std::max(capacity, segment_header_size));
  s->file_ = file;
  s->bytes_ = std::move(bytes);
  s->base_ = head->base;
  s->replaces_to_ = head->replaces_to;

  std::size_t at = segment_header_size;
  auto end = head->base;
  while (at < length) {
    const auto frame = check_frame({s->data() + at, length - at}, end);
    if (!frame || frame->end() > limit) break;
    s->index(*frame, at);
    end = frame->end();
    at += frame->length;
  }
  if (at < length) s->bytes_->cut(at);
  s->end_.store(end, std::memory_order_release);
  s->size_.store(at, std::memory_order_release);
  return {std::move(s), length - at};
}

frame_place segment::find(std::int64_t offset) const noexcept {
  auto place = begin();
  const auto after = std::upper_bound(index_.begin(), index_.end(), offset,
                                      [](std::int64_t o, const frame_place& p) { return o < p.offset; });
  if (after != index_.begin()) place = *std::prev(after);
  const auto size = size_.load(std::memory_order_relaxed);
  while (place.at < size) {
    const auto head = read_frame_header(data() + place.at);
    place.offset = head.base;
    if (head.end() > offset) return place;
    place.at += head.length;
  }
  return {size, end()};
}

frame_place segment::find_time(std::int64_t timestamp_ms) const noexcept {
  const auto size = size_.load(std::memory_order_acquire);
  for (auto at = segment_header_size; at < size;) {
    const auto head = read_frame_header(data() + at);
    if (head.max_timestamp >= timestamp_ms) return {at, head.base};
    at += head.length;
  }
  return {size, end()};
}

}  // namespace corka::kafka::embedded
