// Where a visit stands in one partition.
#pragma once

#include <cstdint>
#include <deque>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace corka::partition {

/// Goes through the keys of a table partition page by page, each key once, in order, and knows where to go on after an
/// interruption: at the first key that is not done. No I/O; one strand.
///
/// Visited rows are numbered from `first_row` on, in the order they begin.
class visit_cursor {
 public:
  visit_cursor(std::string from, std::uint64_t first_row)
      : page_from_{std::move(from)}, first_row_{first_row}, next_row_{first_row} {}

  [[nodiscard]] std::uint64_t first_row() const { return first_row_; }

  /// Every key of the page has had its turn and there are more: `filled` is to follow.
  [[nodiscard]] bool wants_page() const { return !last_page_ && next_ == page_.size(); }
  /// Least key that the next page may hold.
  [[nodiscard]] const std::string& page_from() const { return page_from_; }
  /// The next keys in order, not empty unless it is the last page.
  void filled(std::vector<std::string> keys, bool last);

  [[nodiscard]] bool at_end() const { return last_page_ && next_ == page_.size(); }
  /// Keys of the page that have not had their turn; views live until `filled`.
  [[nodiscard]] std::size_t left() const { return page_.size() - next_; }
  [[nodiscard]] std::string_view key(std::size_t ahead = 0) const { return page_[next_ + ahead]; }

  /// The first key is passed over: its row is gone.
  void skip() { ++next_; }
  /// The first key's row begins. Returns its number.
  std::uint64_t begin();
  /// Every row with a lower number is done.
  void done_below(std::uint64_t row);
  /// This row is not done, and will not be: no later one counts as done either.
  void stuck_at(std::uint64_t row);

  /// Rows that are done.
  [[nodiscard]] std::uint64_t done() const { return done_; }
  /// Rows that have begun.
  [[nodiscard]] std::uint64_t begun() const { return done_ + under_way_.size(); }
  /// Nothing once all are done.
  [[nodiscard]] std::optional<std::string> resume_at() const;

 private:
  std::string page_from_;
  std::vector<std::string> page_;
  std::size_t next_ = 0;
  bool last_page_ = false;
  std::uint64_t first_row_;
  std::uint64_t next_row_;
  std::deque<std::string> under_way_;  // keys of rows next_row_ - size .. next_row_
  std::optional<std::uint64_t> stuck_at_;
  std::uint64_t done_ = 0;
};

}  // namespace corka::partition
