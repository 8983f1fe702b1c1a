// Pages of rows as HTTP answers.
#pragma once

#include "query/ports.hpp"

#include <corka/http/request.hpp>
#include <corka/http/response.hpp>
#include <corka/task.hpp>

#include <cstddef>
#include <string>
#include <vector>

namespace corka::query {

/// What the query of a request for a page asks for.
struct rows_query {
  key_range which;
  std::size_t limit = 100;
  std::string mistake;  ///< why it cannot be had; empty: it can
};
[[nodiscard]] rows_query read_rows_query(const http::request& r);

/// A partition whose rows a page lacks.
struct rows_missing {
  partition_id partition;
  std::string owner;  ///< empty: nobody has it
  std::string why;
};
/// The page as JSON, with a member `missing` where there is something in it.
[[nodiscard]] http::response page_answer(const std::string& table, const rows_page& page,
                                         const std::vector<rows_missing>& missing = {});

/// Rows of `table` in key order, as `?prefix=`, `?from=&to=`, `?order=desc` and `?limit=` (1..1000, 100) choose them,
/// with a cursor for `?after=`. 400, 404 and 409 as problems.
[[nodiscard]] task<http::response> answer_rows(const source& from, http::request r, std::string table);

}  // namespace corka::query
