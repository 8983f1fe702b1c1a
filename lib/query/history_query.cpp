#include "query/history_query.hpp"

#include "query/query_number.hpp"

#include <corka/http/problem.hpp>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cstddef>
#include <optional>
#include <string_view>
#include <utility>
#include <vector>

namespace corka::query {

namespace {

using http::response;

/// Names of columns that the query lists, with commas between; nothing where it has no such list. Or the answer that
/// says which there are.
std::variant<std::optional<std::vector<std::string_view>>, response> columns_of(
    const http::request& r, std::string_view name, const std::vector<std::string_view>& known) {
  const auto text = r.query_value(name);
  if (!text) return std::nullopt;
  std::vector<std::string_view> names;
  for (std::string_view rest = *text; !rest.empty();) {
    const auto end = std::min(rest.find(','), rest.size());
    const auto at = std::ranges::find(known, rest.substr(0, end));
    if (at == known.end()) {
      return http::problem{400, "query-malformed",
                           fmt::format("{} lists columns, with commas between: {}", name, fmt::join(known, ", "))}
          .answer();
    }
    names.push_back(*at);
    rest.remove_prefix(std::min(end + 1, rest.size()));
  }
  return names;
}

}  // namespace

std::variant<history_wish, response> read_history_wish(const http::request& r) {
  auto seconds = query_number(r, "seconds", 1, history::kept, history::kept);
  auto step = query_number(r, "step", 1, 60, 1);
  auto digits = query_number(r, "digits", 1, 15, 0);
  auto buckets = query_number(r, "buckets", 0, 1, 0);
  for (auto* n : {&seconds, &step, &digits, &buckets}) {
    if (auto* wrong = std::get_if<response>(n)) return std::move(*wrong);
  }
  auto total = columns_of(r, "total", history::processor_columns());
  auto processors = columns_of(r, "processors", history::processor_columns());
  auto views = columns_of(r, "views", history::view_columns());
  for (auto* names : {&total, &processors, &views}) {
    if (auto* wrong = std::get_if<response>(names)) return std::move(*wrong);
  }
  history_wish wish{.samples = std::get<std::size_t>(seconds),
                    .step = std::get<std::size_t>(step),
                    .total = std::get<0>(std::move(total)),
                    .processors = std::get<0>(std::move(processors)),
                    .views = std::get<0>(std::move(views)),
                    .buckets = std::get<std::size_t>(buckets) > 0};
  if (const auto n = std::get<std::size_t>(digits); n > 0) wish.digits = static_cast<int>(n);
  return wish;
}

}  // namespace corka::query
