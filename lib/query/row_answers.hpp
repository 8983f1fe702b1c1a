// Rows as HTTP answers.
#pragma once

#include "http/request.hpp"
#include "http/response.hpp"
#include "query/ports.hpp"

#include <corka/task.hpp>

#include <string>

namespace corka::query {

/// The row of `key` in `table`: its value as JSON, or the bytes themselves where the client prefers them, with an
/// entity tag. 304 when the client has it; 404, 409 and 421 as problems.
[[nodiscard]] task<http::response> answer_row(const source& from, http::request r, std::string table, std::string key);

}  // namespace corka::query
