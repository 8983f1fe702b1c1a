#include "kafka/embedded/segment.hpp"

#include "kafka/embedded/crc32c.hpp"

#include <corka/error.hpp>

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <limits>
#include <system_error>
#include <utility>

namespace corka::kafka::embedded {

namespace {

constexpr std::size_t index_distance = 16U << 10U;

std::string_view bytes_of(const segment_header& h) { return {reinterpret_cast<const char*>(&h), segment_header_size}; }

std::uint32_t crc_of(const segment_header& h) { return crc32c(bytes_of(h).substr(16)); }

}  // namespace

segment::segment(std::int64_t base, std::size_t capacity, std::int64_t replaces_to)
    : base_{base}, replaces_to_{replaces_to} {
  map(std::max(capacity, segment_header_size));
  const segment_header head{.base = base, .replaces_to = replaces_to};
  std::memcpy(data_, &head, segment_header_size);
  size_.store(segment_header_size, std::memory_order_release);
  end_.store(base, std::memory_order_release);
}

segment::segment(std::filesystem::path file, std::int64_t base, std::size_t capacity, std::int64_t replaces_to)
    : file_{std::move(file)}, base_{base}, replaces_to_{replaces_to} {
  fd_ = ::open(file_.c_str(), O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0644);
  if (fd_ < 0) fail("create", errno);
  try {
    map(std::max(capacity, segment_header_size));
    segment_header head{.base = base, .replaces_to = replaces_to};
    head.crc = crc_of(head);
    write(bytes_of(head), false);
  } catch (...) {
    freeze();
    if (data_ != nullptr) ::munmap(data_, mapped_);
    throw;
  }
  size_.store(segment_header_size, std::memory_order_release);
  end_.store(base, std::memory_order_release);
}

segment::~segment() {
  freeze();
  if (data_ != nullptr) ::munmap(data_, mapped_);
}

void segment::fail(const char* what, int code) const {
  throw error{errc::store_failed,
              fmt::format("embedded broker: cannot {} {}: {}: check the disk and its rights, then start again", what,
                          file_.string(), std::generic_category().message(code))};
}

void segment::map(std::size_t capacity) {
  // One mapping for the whole life: views into it stay valid while the segment grows.
  const bool in_memory = fd_ < 0;
  void* at = ::mmap(nullptr, capacity, in_memory ? PROT_READ | PROT_WRITE : PROT_READ,
                    in_memory ? MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE : MAP_SHARED, fd_, 0);
  if (at == MAP_FAILED) fail("map", errno);
  data_ = static_cast<char*>(at);
  mapped_ = capacity;
}

bool segment::has_room(std::size_t bytes) const noexcept { return size() + bytes <= mapped_; }

void segment::write(std::string_view frame, bool sync_now) {
  const auto at = size_.load(std::memory_order_relaxed);
  if (file_.empty()) {
    std::memcpy(data_ + at, frame.data(), frame.size());
    return;
  }
  for (std::size_t done = 0; done < frame.size();) {
    const auto n = ::pwrite(fd_, frame.data() + done, frame.size() - done, static_cast<off_t>(at + done));
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0) {
      const auto code = n < 0 ? errno : ENOSPC;
      static_cast<void>(::ftruncate(fd_, static_cast<off_t>(at)));
      fail("write", code);
    }
    done += static_cast<std::size_t>(n);
  }
  if (sync_now) sync();
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

void segment::freeze() noexcept {
  if (fd_ >= 0) ::close(std::exchange(fd_, -1));
}

void segment::sync() {
  if (fd_ >= 0 && ::fdatasync(fd_) != 0) fail("sync", errno);
}

void segment::remove_file() noexcept {
  if (!file_.empty()) ::unlink(file_.c_str());
}

std::optional<segment_header> segment::peek(const std::filesystem::path& file) {
  segment_header head;
  const int fd = ::open(file.c_str(), O_RDONLY | O_CLOEXEC);
  if (fd < 0) return std::nullopt;
  const auto n = ::pread(fd, &head, segment_header_size, 0);
  ::close(fd);
  constexpr auto most = std::numeric_limits<std::int64_t>::max() / 4;  // leaves room above for more of them
  if (n != static_cast<ssize_t>(segment_header_size) || head.magic != segment_header::expected_magic ||
      head.version != 1 || head.crc != crc_of(head) || head.base < 0 || head.base > most || head.replaces_to < 0 ||
      head.replaces_to > most) {
    return std::nullopt;
  }
  return head;
}

segment::opened segment::open(const std::filesystem::path& file, std::size_t capacity, std::int64_t limit) {
  std::shared_ptr<segment> s{new segment};
  s->file_ = file;
  const auto found = peek(file);
  s->fd_ = ::open(file.c_str(), O_RDWR | O_CLOEXEC);
  if (s->fd_ < 0 || !found) s->fail("open", s->fd_ < 0 ? errno : EINVAL);
  struct stat status{};
  if (::fstat(s->fd_, &status) != 0) s->fail("look at", errno);
  const auto length = static_cast<std::size_t>(status.st_size);
  const auto& head = *found;
  s->base_ = head.base;
  s->replaces_to_ = head.replaces_to;
  s->map(std::max(capacity, length));
  ::madvise(s->data_, length, MADV_SEQUENTIAL);

  std::size_t at = segment_header_size;
  auto end = head.base;
  while (at < length) {
    const auto frame = check_frame({s->data_ + at, length - at}, end);
    if (!frame || frame->end() > limit) break;
    s->index(*frame, at);
    end = frame->end();
    at += frame->length;
  }
  if (at < length && ::ftruncate(s->fd_, static_cast<off_t>(at)) != 0) s->fail("cut", errno);
  ::madvise(s->data_, length, MADV_NORMAL);
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
    const auto head = read_frame_header(data_ + place.at);
    place.offset = head.base;
    if (head.end() > offset) return place;
    place.at += head.length;
  }
  return {size, end()};
}

frame_place segment::find_time(std::int64_t timestamp_ms) const noexcept {
  const auto size = size_.load(std::memory_order_acquire);
  for (auto at = segment_header_size; at < size;) {
    const auto head = read_frame_header(data_ + at);
    if (head.max_timestamp >= timestamp_ms) return {at, head.base};
    at += head.length;
  }
  return {size, end()};
}

}  // namespace corka::kafka::embedded
