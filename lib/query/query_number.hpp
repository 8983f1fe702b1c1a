// Numbers of a request's query.
#pragma once

#include "query/number.hpp"

#include <corka/http/problem.hpp>
#include <corka/http/request.hpp>
#include <corka/http/response.hpp>

#include <fmt/format.h>

#include <cstddef>
#include <string_view>
#include <variant>

namespace corka::query {

/// A number of the query within its range, or the answer that says so.
[[nodiscard]] inline std::variant<std::size_t, http::response> query_number(const http::request& r,
                                                                            std::string_view name, std::size_t least,
                                                                            std::size_t most, std::size_t otherwise) {
  const auto text = r.query_value(name);
  if (!text) return otherwise;
  if (const auto n = read_number<std::size_t>(*text, least, most)) return *n;
  return http::problem{400, "query-malformed", fmt::format("{} is a number from {} to {}", name, least, most)}.answer();
}

}  // namespace corka::query
