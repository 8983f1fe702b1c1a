#include "table/row_pages.hpp"

#include <algorithm>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace corka::tables {

namespace {

/// Reads one partition's rows in pieces, as stores hand rows over rather than be asked for the next.
class cursor {
 public:
  cursor(const store::snapshot& of, partition_id number, const key_range& which, std::size_t piece)
      : of_{&of}, number_{number}, left_{which}, piece_{piece} {
    read();
  }

  [[nodiscard]] bool at_end() const { return at_ == count_; }
  [[nodiscard]] const std::string& key() const { return rows_[at_].key; }
  [[nodiscard]] const std::string& value() const { return rows_[at_].value; }
  [[nodiscard]] partition_id number() const { return number_; }
  void next() {
    if (++at_ < count_ || !more_) return;
    left_ = left_.after(rows_[count_ - 1].key);
    read();
  }

 private:
  struct row {
    std::string key;
    std::string value;
  };

  void read() {
    at_ = 0;
    count_ = 0;
    more_ = false;
    std::optional<std::string_view> to;
    if (left_.to) to = *left_.to;
    of_->range(left_.from, to, left_.order == key_order::descending,
               [this](std::string_view key, std::string_view value) {
                 if (count_ == piece_) {
                   more_ = true;
                   return false;
                 }
                 if (count_ == rows_.size()) rows_.emplace_back();
                 rows_[count_].key = key;
                 rows_[count_].value = value;
                 ++count_;
                 return true;
               });
  }

  const store::snapshot* of_;
  partition_id number_;
  key_range left_;
  std::size_t piece_;
  std::vector<row> rows_;  // kept for the next piece; `count_` of them are this one's
  std::size_t count_ = 0;
  std::size_t at_ = 0;
  bool more_ = false;
};

}  // namespace

bool merged_rows(std::span<const std::unique_ptr<store::snapshot>> partitions, partitioner by, const key_range& which,
                 page_limit limit, const std::function<void(std::string_view, std::string_view)>& visit) {
  if (partitions.empty()) return false;
  const auto total = static_cast<std::int32_t>(partitions.size());
  // Hashing spreads keys evenly: a little more than its share of the page is what a partition most likely needs.
  const auto piece = std::clamp<std::size_t>(limit.rows / partitions.size() + 4, 1, 256);
  std::vector<cursor> cursors;
  cursors.reserve(partitions.size());
  std::vector<cursor*> heap;
  for (std::int32_t p = 0; p < total; ++p) {
    cursors.emplace_back(*partitions[static_cast<std::size_t>(p)], partition_id{p}, which, piece);
    if (!cursors.back().at_end()) heap.push_back(&cursors.back());
  }
  const auto later = [&which](const cursor* a, const cursor* b) {
    const int order = a->key().compare(b->key());
    if (order != 0) return which.order == key_order::descending ? order < 0 : order > 0;
    return a->number() > b->number();
  };
  std::ranges::make_heap(heap, later);
  const auto advance = [&] {
    std::ranges::pop_heap(heap, later);
    heap.back()->next();
    if (heap.back()->at_end()) heap.pop_back();
    else std::ranges::push_heap(heap, later);
  };
  std::string key;
  std::string value;
  std::size_t rows = 0;
  std::size_t bytes = 0;
  while (!heap.empty()) {
    if (rows > 0 && (rows >= limit.rows || bytes >= limit.bytes)) return true;
    key = heap.front()->key();
    value = heap.front()->value();
    const auto own = partition_of(key, total, by);
    advance();
    for (; !heap.empty() && heap.front()->key() == key; advance()) {
      if (heap.front()->number() == own) value = heap.front()->value();
    }
    visit(key, value);
    ++rows;
    bytes += key.size() + value.size();
  }
  return false;
}

}  // namespace corka::tables
