#include "store/memory/chunked_rows.hpp"

#include <algorithm>
#include <iterator>
#include <utility>

namespace corka::store::memory {

namespace {
/// Halves when it grows to this. Large enough that the list of chunks stays short, small enough that changing a shared
/// one copies little.
constexpr std::size_t chunk_rows = 128;
}  // namespace

void chunked_rows::apply(std::span<const change> changes) {
  for (const auto& c : changes) {
    if (c.erase) {
      erase(c.key);
    } else {
      put(c.key, c.value);
    }
  }
}

std::size_t chunked_rows::chunk_of(std::string_view key) const {
  const auto after = std::upper_bound(chunks_.begin(), chunks_.end(), key,
                                      [](std::string_view k, const auto& c) { return k < c->front().key; });
  return after == chunks_.begin() ? 0 : static_cast<std::size_t>(std::distance(chunks_.begin(), after)) - 1;
}

chunked_rows::place chunked_rows::lower_bound(std::string_view key) const {
  if (chunks_.empty()) return {0, 0};
  const auto i = chunk_of(key);
  const auto& rows = *chunks_[i];
  const auto found =
      std::lower_bound(rows.begin(), rows.end(), key, [](const row& r, std::string_view k) { return r.key < k; });
  if (found == rows.end()) return {i + 1, 0};
  return {i, static_cast<std::size_t>(std::distance(rows.begin(), found))};
}

chunked_rows::chunk& chunked_rows::own(std::size_t i) {
  if (chunks_[i].use_count() != 1) chunks_[i] = std::make_shared<chunk>(*chunks_[i]);
  return *chunks_[i];
}

void chunked_rows::put(std::string_view key, std::string_view value) {
  if (chunks_.empty()) {
    chunks_.push_back(std::make_shared<chunk>(1, row{std::string{key}, std::string{value}}));
    rows_ = 1;
    bytes_ = key.size() + value.size();
    return;
  }
  const auto i = chunk_of(key);
  auto& rows = own(i);
  const auto at =
      std::lower_bound(rows.begin(), rows.end(), key, [](const row& r, std::string_view k) { return r.key < k; });
  if (at != rows.end() && at->key == key) {
    bytes_ = bytes_ - at->value.size() + value.size();
    at->value = value;
    return;
  }
  rows.insert(at, row{std::string{key}, std::string{value}});
  rows_ += 1;
  bytes_ += key.size() + value.size();
  if (rows.size() < chunk_rows) return;

  // Rows that come in order fill the chunks they leave behind.
  const auto keep = key == rows.back().key ? rows.size() - 1 : rows.size() / 2;
  const auto middle = rows.begin() + static_cast<std::ptrdiff_t>(keep);
  auto upper = std::make_shared<chunk>(std::make_move_iterator(middle), std::make_move_iterator(rows.end()));
  rows.erase(middle, rows.end());
  chunks_.insert(chunks_.begin() + static_cast<std::ptrdiff_t>(i) + 1, std::move(upper));
}

void chunked_rows::erase(std::string_view key) {
  const auto [i, r] = lower_bound(key);
  if (i >= chunks_.size() || (*chunks_[i])[r].key != key) return;
  auto& rows = own(i);
  bytes_ -= rows[r].key.size() + rows[r].value.size();
  rows_ -= 1;
  rows.erase(rows.begin() + static_cast<std::ptrdiff_t>(r));
  if (rows.empty()) chunks_.erase(chunks_.begin() + static_cast<std::ptrdiff_t>(i));
}

std::optional<std::string_view> chunked_rows::get(std::string_view key) const {
  const auto [i, r] = lower_bound(key);
  if (i >= chunks_.size()) return std::nullopt;
  const auto& found = (*chunks_[i])[r];
  if (found.key != key) return std::nullopt;
  return found.value;
}

void chunked_rows::range(std::string_view from, std::optional<std::string_view> to, bool reverse,
                         const row_visitor& visit) const {
  if (to && *to <= from) return;
  auto first = lower_bound(from);
  auto last = to ? lower_bound(*to) : place{chunks_.size(), 0};
  const auto same = [](const place& a, const place& b) { return a.chunk == b.chunk && a.row == b.row; };
  while (!same(first, last)) {
    if (reverse) {
      if (last.row == 0) last = {last.chunk - 1, chunks_[last.chunk - 1]->size()};
      last.row -= 1;
      const auto& r = (*chunks_[last.chunk])[last.row];
      if (!visit(r.key, r.value)) return;
    } else {
      const auto& r = (*chunks_[first.chunk])[first.row];
      if (!visit(r.key, r.value)) return;
      if (++first.row == chunks_[first.chunk]->size()) first = {first.chunk + 1, 0};
    }
  }
}

}  // namespace corka::store::memory
