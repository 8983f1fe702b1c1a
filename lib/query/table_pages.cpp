#include "query/table_pages.hpp"

#include "query/base64url.hpp"
#include "query/number.hpp"
#include "query/row_answers.hpp"

#include <corka/http/problem.hpp>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

namespace corka::query {

namespace {

using json = nlohmann::ordered_json;

constexpr std::size_t usual_rows = 100;
constexpr std::size_t most_rows = 1'000;

}  // namespace

rows_query read_rows_query(const http::request& r) {
  rows_query a;
  a.limit = usual_rows;
  const auto prefix = r.query_value("prefix");
  const auto from = r.query_value("from");
  const auto to = r.query_value("to");
  if (prefix && (from || to)) {
    a.mistake = "give either prefix, or from and to";
    return a;
  }
  if (prefix) a.which = key_range::prefix(std::string{*prefix});
  if (from) a.which.from = *from;
  if (to) a.which.to = std::string{*to};
  const auto order = r.query_value("order").value_or("asc");
  if (order == "desc") a.which.order = key_order::descending;
  else if (order != "asc") a.mistake = "order is asc or desc";
  if (const auto text = r.query_value("limit")) {
    const auto limit = read_number<std::size_t>(*text, 1, most_rows);
    if (limit) a.limit = *limit;
    else a.mistake = fmt::format("limit is a number from 1 to {}", most_rows);
  }
  if (const auto cursor = r.query_value("after")) {
    // "." and the key: no key is no cursor for "from the beginning".
    const auto key = cursor->starts_with('.') ? base64url_decode(cursor->substr(1)) : std::nullopt;
    if (key) a.which = a.which.after(*key);
    else a.mistake = "after is what `next` of an earlier page said";
  }
  return a;
}

namespace {

/// Where it is no text, the key is given in base64url alone.
json key_json(const std::string& key) {
  const auto quoted = json(key).dump(-1, ' ', false, json::error_handler_t::ignore);
  try {
    if (json::parse(quoted).get<std::string>() == key) return {{"key", key}};
  } catch (const json::exception&) {}  // not even that
  return {{"key", nullptr}, {"key64", base64url_encode(key)}};
}

json missing_json(const std::vector<rows_missing>& all) {
  json list = json::array();
  for (const auto& m : all) {
    list.push_back(
        {{"partition", m.partition.value}, {"owner", m.owner.empty() ? json(nullptr) : json(m.owner)}, {"why", m.why}});
  }
  return list;
}

}  // namespace

http::response page_answer(const std::string& table, const rows_page& page, const std::vector<rows_missing>& missing) {
  // Values are JSON already: taken as they are, they keep their numbers, however large.
  std::string rows;
  for (const auto& row : page.rows) {
    auto line = key_json(row.key).dump();
    line.pop_back();
    if (!rows.empty()) rows += ",\n  ";
    rows += line + ",\"value\":" + row.json + "}";
  }
  std::vector<std::int32_t> numbers;
  for (const auto p : page.partitions) numbers.push_back(p.value);
  const json next =
      page.more && !page.rows.empty() ? json("." + base64url_encode(page.rows.back().key)) : json(nullptr);
  constexpr auto replace = json::error_handler_t::replace;
  auto body = fmt::format(
      "{{\"table\":{},\"partitions\":{},\"next\":{},{}\"rows\":[{}]}}\n", json(table).dump(-1, ' ', false, replace),
      json(numbers).dump(), next.dump(),
      missing.empty() ? std::string{} : "\"missing\":" + missing_json(missing).dump(-1, ' ', false, replace) + ",",
      rows);
  return std::move(http::response{}.content("application/json", std::move(body)));
}

task<http::response> answer_rows(const source& from, http::request r, std::string table) {
  auto wanted = read_rows_query(r);
  if (!wanted.mistake.empty()) co_return http::problem{400, "query-malformed", wanted.mistake}.answer();
  auto page = co_await from.rows(table, std::move(wanted.which), wanted.limit);
  if (!page) co_return unknown_table_answer(from, table);
  if (const auto* still = std::get_if<row_recovering>(&*page)) co_return recovering_answer(table, *still);
  co_return page_answer(table, std::get<rows_page>(*page));
}

}  // namespace corka::query
