#include "partition/visit_cursor.hpp"

#include <algorithm>

namespace corka::partition {

void visit_cursor::filled(std::vector<std::string> keys, bool last) {
  page_ = std::move(keys);
  next_ = 0;
  last_page_ = last;
  // The least key above the last one.
  if (!page_.empty()) page_from_ = page_.back() + '\0';
}

std::uint64_t visit_cursor::begin() {
  under_way_.push_back(page_[next_++]);
  return next_row_++;
}

void visit_cursor::done_below(std::uint64_t row) {
  const auto end = stuck_at_ ? std::min(row, *stuck_at_) : row;
  while (!under_way_.empty() && next_row_ - under_way_.size() < end) {
    under_way_.pop_front();
    ++done_;
  }
}

void visit_cursor::stuck_at(std::uint64_t row) { stuck_at_ = stuck_at_ ? std::min(*stuck_at_, row) : row; }

std::optional<std::string> visit_cursor::resume_at() const {
  if (!under_way_.empty()) return under_way_.front();
  if (next_ < page_.size()) return page_[next_];
  if (!last_page_) return page_from_;
  return std::nullopt;
}

}  // namespace corka::partition
