// Pages of rows as HTTP answers.
#pragma once

#include "query/ports.hpp"

#include <corka/http/request.hpp>
#include <corka/http/response.hpp>
#include <corka/task.hpp>

#include <string>

namespace corka::query {

/// Rows of `table` in key order, as `?prefix=`, `?from=&to=`, `?order=desc` and `?limit=` (1..1000, 100) choose them,
/// with a cursor for `?after=`. 400, 404 and 409 as problems.
[[nodiscard]] task<http::response> answer_rows(const source& from, http::request r, std::string table);

}  // namespace corka::query
