#include "kafka/embedded/frame.hpp"

#include "kafka/embedded/crc32c.hpp"
#include "kafka/embedded/varint.hpp"

#include <algorithm>
#include <array>
#include <bit>
#include <cstdlib>
#include <limits>
#include <new>

namespace corka::kafka::embedded {

static_assert(std::endian::native == std::endian::little, "frames lie in memory as in the file");

namespace {

constexpr std::uint64_t flag_tombstone = 1;
constexpr std::uint64_t flag_headers = 2;
constexpr std::size_t crc_from = 8;

char* put_bytes(char* p, std::string_view bytes) noexcept {
  if (!bytes.empty()) std::memcpy(p, bytes.data(), bytes.size());
  return p + bytes.size();
}

const char* get_bytes(const char* p, const char* end, std::uint64_t length, std::string_view& bytes) noexcept {
  if (length > static_cast<std::uint64_t>(end - p)) return nullptr;
  bytes = {p, static_cast<std::size_t>(length)};
  return p + length;
}

}  // namespace

const char* read_record(const char* p, const char* end, const frame_header& frame, framed_record& into) noexcept {
  std::uint64_t flags = 0;
  std::uint64_t delta = 0;
  std::uint64_t time = 0;
  std::uint64_t key = 0;
  std::uint64_t value = 0;
  if ((p = get_varint(p, end, flags)) == nullptr || flags > (flag_tombstone | flag_headers)) return nullptr;
  if ((p = get_varint(p, end, delta)) == nullptr || delta > static_cast<std::uint64_t>(frame.last_delta))
    return nullptr;
  if ((p = get_varint(p, end, time)) == nullptr) return nullptr;
  if ((p = get_varint(p, end, key)) == nullptr) return nullptr;
  if ((p = get_varint(p, end, value)) == nullptr) return nullptr;
  if ((p = get_bytes(p, end, key, into.what.key)) == nullptr) return nullptr;
  if ((p = get_bytes(p, end, value, into.what.value)) == nullptr) return nullptr;
  into.what.at = offset{frame.base + static_cast<std::int64_t>(delta)};
  // Unsigned, so that no file can make it overflow.
  into.what.timestamp_ms = static_cast<std::int64_t>(static_cast<std::uint64_t>(frame.first_timestamp) +
                                                     static_cast<std::uint64_t>(unzigzag(time)));
  into.what.tombstone = (flags & flag_tombstone) != 0;
  into.headers = {};
  if ((flags & flag_headers) != 0) {
    std::uint64_t length = 0;
    if ((p = get_varint(p, end, length)) == nullptr) return nullptr;
    p = get_bytes(p, end, length, into.headers);
  }
  return p;
}

bool read_headers(std::string_view encoded, std::vector<header_view>& into) {
  const char* p = encoded.data();
  const char* const end = p + encoded.size();
  while (p != end) {
    header_view h;
    std::uint64_t length = 0;
    if ((p = get_varint(p, end, length)) == nullptr) return false;
    if ((p = get_bytes(p, end, length, h.name)) == nullptr) return false;
    if ((p = get_varint(p, end, length)) == nullptr) return false;
    if (length > 0) {
      std::string_view value;
      if ((p = get_bytes(p, end, length - 1, value)) == nullptr) return false;
      h.value = value;
    }
    into.push_back(h);
  }
  return true;
}

std::optional<frame_header> check_frame(std::string_view bytes, std::int64_t least) noexcept {
  if (bytes.size() < frame_header_size) return std::nullopt;
  const auto head = read_frame_header(bytes.data());
  if (head.length < frame_header_size || head.length > bytes.size()) return std::nullopt;
  if (head.crc != crc32c(bytes.substr(crc_from, head.length - crc_from))) return std::nullopt;
  // A checksum only says that the bytes are what was written; what follows keeps readers from trusting a foreign file.
  constexpr auto most = std::numeric_limits<std::int64_t>::max() / 2;
  if (head.base < least || head.base > most || head.last_delta < 0 || head.count < 0) return std::nullopt;
  const char* p = bytes.data() + frame_header_size;
  const char* const end = bytes.data() + head.length;
  std::int64_t previous = head.base - 1;
  std::vector<header_view> headers;
  for (std::int32_t i = 0; i < head.count; ++i) {
    framed_record r;
    p = read_record(p, end, head, r);
    if (p == nullptr || r.what.at.value <= previous) return std::nullopt;
    previous = r.what.at.value;
    headers.clear();
    if (!r.headers.empty() && !read_headers(r.headers, headers)) return std::nullopt;
  }
  if (p != end) return std::nullopt;
  return head;
}

void frame_builder::freer::operator()(char* p) const noexcept { std::free(p); }

void frame_builder::clear() noexcept {
  size_ = frame_header_size;
  head_ = {};
}

char* frame_builder::reserve(std::size_t more) {
  if (size_ + more > capacity_) {
    const auto capacity = std::max({size_ + more, capacity_ * 2, std::size_t{4096}});
    auto* const old = bytes_.release();
    auto* const grown = static_cast<char*>(std::realloc(old, capacity));
    bytes_.reset(grown != nullptr ? grown : old);
    if (grown == nullptr) throw std::bad_alloc{};
    capacity_ = capacity;
  }
  return bytes_.get() + size_;
}

std::size_t frame_builder::bound(std::string_view key, std::string_view value,
                                 std::span<const header_view> headers) noexcept {
  auto n = std::size_t{6 * varint_most} + key.size() + value.size();
  for (const auto& h : headers) n += std::size_t{2 * varint_most} + h.name.size() + (h.value ? h.value->size() : 0);
  return n;
}

char* frame_builder::begin_record(char* p, std::int32_t delta, const record& what, bool headers) {
  if (head_.count == 0) head_.first_timestamp = head_.max_timestamp = what.timestamp_ms;
  head_.max_timestamp = std::max(head_.max_timestamp, what.timestamp_ms);
  head_.last_delta = delta;
  ++head_.count;
  const auto value = what.tombstone ? std::string_view{} : what.value;
  p = put_varint(p, (what.tombstone ? flag_tombstone : 0) | (headers ? flag_headers : 0));
  p = put_varint(p, static_cast<std::uint64_t>(delta));
  p = put_varint(p, zigzag(static_cast<std::int64_t>(static_cast<std::uint64_t>(what.timestamp_ms) -
                                                     static_cast<std::uint64_t>(head_.first_timestamp))));
  p = put_varint(p, what.key.size());
  p = put_varint(p, value.size());
  p = put_bytes(p, what.key);
  return put_bytes(p, value);
}

void frame_builder::add(std::int32_t delta, std::int64_t timestamp_ms, std::string_view key,
                        std::optional<std::string_view> value, std::span<const header_view> headers) {
  record what;
  what.key = key;
  what.value = value.value_or(std::string_view{});
  what.timestamp_ms = timestamp_ms;
  what.tombstone = !value;
  char* p = begin_record(reserve(bound(key, what.value, headers)), delta, what, !headers.empty());
  if (!headers.empty()) {
    std::size_t length = 0;
    std::array<char, varint_most> scratch{};
    const auto size_of = [&](std::uint64_t v) {
      return static_cast<std::size_t>(put_varint(scratch.data(), v) - scratch.data());
    };
    for (const auto& h : headers) {
      length += size_of(h.name.size()) + h.name.size();
      length += h.value ? size_of(h.value->size() + 1) + h.value->size() : 1;
    }
    p = put_varint(p, length);
    for (const auto& h : headers) {
      p = put_bytes(put_varint(p, h.name.size()), h.name);
      p = put_varint(p, h.value ? h.value->size() + 1 : 0);
      if (h.value) p = put_bytes(p, *h.value);
    }
  }
  size_ = static_cast<std::size_t>(p - bytes_.get());
}

void frame_builder::add_encoded(std::int32_t delta, const record& what, std::string_view headers) {
  char* p = reserve(bound(what.key, what.value, {}) + headers.size());
  p = begin_record(p, delta, what, !headers.empty());
  if (!headers.empty()) p = put_bytes(put_varint(p, headers.size()), headers);
  size_ = static_cast<std::size_t>(p - bytes_.get());
}

std::string_view frame_builder::seal(std::int64_t base, bool checksum) noexcept {
  head_.length = static_cast<std::uint32_t>(size_);
  head_.base = base;
  head_.crc = 0;
  std::memcpy(bytes_.get(), &head_, frame_header_size);
  if (checksum) {
    head_.crc = crc32c({bytes_.get() + crc_from, size_ - crc_from});
    std::memcpy(bytes_.get(), &head_, frame_header_size);
  }
  return {bytes_.get(), size_};
}

}  // namespace corka::kafka::embedded
