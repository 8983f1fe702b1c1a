// Pages of rows that several instances have parts of.
#pragma once

#include "query/ports.hpp"

#include <corka/key_range.hpp>

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace corka::query {

/// The first `limit` rows of all parts together, each of which has the first rows of what it has, in `order`. A part
/// that has more rows says nothing of keys beyond its last one, so the page ends there. Of equal keys the one of the
/// first part counts. No I/O.
[[nodiscard]] rows_page merge_pages(std::vector<rows_page> parts, std::size_t limit, key_order order);

/// How instances hand pages to each other: a line of JSON that says what it is, then a line a row, its key in base64url
/// and its value as the JSON it is, so that numbers keep all their digits.
inline constexpr std::string_view lines_type = "application/vnd.corka.rows.v1";
[[nodiscard]] std::string to_lines(const rows_page& page);
/// Nothing: it is malformed.
[[nodiscard]] std::optional<rows_page> from_lines(std::string_view text);

}  // namespace corka::query
