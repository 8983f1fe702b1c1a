#include "table/change_batch.hpp"

#include <algorithm>
#include <cstring>

namespace corka::tables {

namespace {

constexpr std::size_t block_bytes = std::size_t{1} << 20U;

std::uint64_t front_of(std::string_view key) {
  unsigned char bytes[8]{};
  std::copy_n(key.begin(), std::min<std::size_t>(key.size(), 8), bytes);
  std::uint64_t n = 0;
  for (const auto b : bytes) n = n << 8U | b;
  return n;
}

}  // namespace

char* change_batch::room(std::size_t size) {
  while (block_ < blocks_.size() && used_ + size > blocks_[block_].size) {
    ++block_;
    used_ = 0;
  }
  if (block_ == blocks_.size()) {
    const auto bytes = std::max(size, block_bytes);
    blocks_.push_back({std::unique_ptr<char[]>{new char[bytes]}, bytes});
  }
  char* at = blocks_[block_].memory.get() + used_;
  used_ += size;
  return at;
}

void change_batch::add(const record& r) {
  const auto value = r.tombstone ? std::string_view{} : r.value;
  char* const to = room(r.key.size() + value.size());
  std::copy(value.begin(), value.end(), std::copy(r.key.begin(), r.key.end(), to));
  if (keeps_places_) places_.push_back({r.at, r.timestamp_ms});
  arrived_.push_back({{to, r.key.size()}, {to + r.key.size(), value.size()}, r.tombstone});
  bytes_ += r.key.size() + value.size() + 2 * sizeof(store::change) + sizeof(rank);
}

std::span<const store::change> change_batch::sorted() {
  order_.clear();
  order_.reserve(arrived_.size());
  for (std::uint32_t i = 0; i < arrived_.size(); ++i) order_.push_back({front_of(arrived_[i].key), i});
  std::sort(order_.begin(), order_.end(), [this](const rank& a, const rank& b) {
    if (a.front != b.front) return a.front < b.front;
    const int order = arrived_[a.arrival].key.compare(arrived_[b.arrival].key);
    return order != 0 ? order < 0 : a.arrival < b.arrival;
  });
  sorted_.clear();
  for (std::size_t i = 0; i < order_.size(); ++i) {
    const auto& c = arrived_[order_[i].arrival];
    const bool overtaken =
        i + 1 < order_.size() && order_[i + 1].front == order_[i].front && arrived_[order_[i + 1].arrival].key == c.key;
    if (!overtaken) sorted_.push_back(c);
  }
  return sorted_;
}

void change_batch::clear() noexcept {
  // A block that was made for one large value is not kept.
  std::erase_if(blocks_, [](const block& b) { return b.size != block_bytes; });
  block_ = 0;
  used_ = 0;
  bytes_ = 0;
  arrived_.clear();
  places_.clear();
  sorted_.clear();
}

}  // namespace corka::tables
