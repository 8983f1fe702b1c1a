#include "query/cluster_pages.hpp"

#include "query/base64url.hpp"
#include "query/read_json.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <cstdint>
#include <iterator>
#include <utility>

namespace corka::query {

using json = nlohmann::json;

rows_page merge_pages(std::vector<rows_page> parts, std::size_t limit, key_order order) {
  const auto before = [down = order == key_order::descending](const std::string& a, const std::string& b) {
    return down ? b < a : a < b;
  };
  rows_page all;
  for (const auto& part : parts)
    all.partitions.insert(all.partitions.end(), part.partitions.begin(), part.partitions.end());
  std::ranges::sort(all.partitions);
  const auto twice = std::ranges::unique(all.partitions);
  all.partitions.erase(twice.begin(), twice.end());

  std::vector<std::size_t> at(parts.size(), 0);
  while (true) {
    std::optional<std::size_t> next;
    for (std::size_t i = 0; i < parts.size(); ++i) {
      const auto& rows = parts[i].rows;
      if (at[i] == rows.size() && parts[i].more) {
        // Its next row may come before all that is left.
        all.more = true;
        return all;
      }
      if (at[i] < rows.size() && (!next || before(rows[at[i]].key, parts[*next].rows[at[*next]].key))) next = i;
    }
    if (!next) return all;
    auto& row = parts[*next].rows[at[*next]++];
    if (!all.rows.empty() && all.rows.back().key == row.key) continue;
    if (all.rows.size() == limit) {
      all.more = true;
      return all;
    }
    all.rows.push_back(std::move(row));
  }
}

std::string to_lines(const rows_page& page) {
  std::vector<std::int32_t> numbers;
  for (const auto p : page.partitions) numbers.push_back(p.value);
  auto text = json{{"partitions", numbers}, {"more", page.more}, {"rows", page.rows.size()}}.dump() + "\n";
  for (const auto& row : page.rows) {
    text += base64url_encode(row.key) + " ";
    // A line break in JSON can only be white space between its parts.
    std::ranges::transform(row.json, std::back_inserter(text), [](char c) { return c == '\n' || c == '\r' ? ' ' : c; });
    text += "\n";
  }
  return text;
}

std::optional<rows_page> from_lines(std::string_view text) {
  const auto next = [&text]() -> std::optional<std::string_view> {
    const auto end = text.find('\n');
    if (end == std::string_view::npos) return {};
    const auto line = text.substr(0, end);
    text.remove_prefix(end + 1);
    return line;
  };
  const auto head = read_json(next().value_or(""));
  if (!head || !head->is_object() || !head->contains("more") || !head->contains("rows") ||
      !head->contains("partitions"))
    return {};
  const auto& more = (*head)["more"];
  const auto& rows = (*head)["rows"];
  const auto& partitions = (*head)["partitions"];
  if (!more.is_boolean() || !rows.is_number_unsigned() || !partitions.is_array()) return {};
  rows_page page;
  page.more = more.get<bool>();
  for (const auto& p : partitions) {
    if (!p.is_number_unsigned() || !std::in_range<std::int32_t>(p.get<std::uint64_t>())) return {};
    page.partitions.emplace_back(p.get<std::int32_t>());
  }
  while (const auto line = next()) {
    const auto space = line->find(' ');
    if (space == std::string_view::npos) return {};
    auto key = base64url_decode(line->substr(0, space));
    if (!key) return {};
    // It becomes part of our own answer as it is.
    const auto value = line->substr(space + 1);
    if (!json::accept(value)) return {};
    page.rows.push_back({std::move(*key), std::string{value}});
  }
  if (!text.empty() || page.rows.size() != rows.get<std::uint64_t>()) return {};
  return page;
}

}  // namespace corka::query
