#include "table/change_finder.hpp"

#include <boost/unordered/unordered_flat_map.hpp>

#include <cstddef>

namespace corka::tables {

namespace {

std::optional<std::string_view> left_by(const store::change& c) {
  if (c.erase) return std::nullopt;
  return c.value;
}

}  // namespace

void change_finder::read_before(std::span<const store::change> rows) {
  keys_.clear();
  for (const auto& row : rows) keys_.push_back(row.key);
  before_.assign(keys_.size(), std::nullopt);
  store_.get(keys_, [this](std::size_t i, std::string_view value) { before_[i] = value; });
}

void change_finder::find(std::span<const store::change> rows) {
  changes_.clear();
  read_before(rows);
  for (std::size_t i = 0; i < rows.size(); ++i) {
    const std::optional<std::string_view> before = before_[i];
    const auto after = left_by(rows[i]);
    if (before != after) changes_.push_back({rows[i].key, before, after});
  }
}

void change_finder::all_of(std::span<const store::change> rows) {
  changes_.clear();
  for (const auto& row : rows) changes_.push_back({row.key, std::nullopt, left_by(row)});
}

void change_finder::find_coming(change_batch& in) {
  coming_.clear();
  read_before(in.sorted());
  // What each key's row is when its next record comes.
  boost::unordered_flat_map<std::string_view, std::optional<std::string_view>> row_now;
  for (std::size_t i = 0; i < keys_.size(); ++i) row_now.emplace(keys_[i], before_[i]);
  const auto arrived = in.arrived();
  for (std::size_t i = 0; i < arrived.size(); ++i) {
    const auto after = left_by(arrived[i]);
    auto& before = row_now.find(arrived[i].key)->second;
    const auto& [at, timestamp_ms] = in.places()[i];
    if (before != after) coming_.push_back({arrived[i].key, before, after, at, timestamp_ms});
    before = after;
  }
}

}  // namespace corka::tables
