// Rows as HTTP answers.
#pragma once

#include "query/ports.hpp"

#include <corka/http/request.hpp>
#include <corka/http/response.hpp>
#include <corka/task.hpp>

#include <string>

namespace corka::query {

/// 404: there is no such table here.
[[nodiscard]] http::response unknown_table_answer(const source& from, const std::string& table);
/// 409: try again later.
[[nodiscard]] http::response recovering_answer(const std::string& table, const row_recovering& row);

/// The row of `key` in `table`: its value as JSON, or the bytes themselves where the client prefers them, with an
/// entity tag. 304 when the client has it; 404, 409 and 421 as problems.
[[nodiscard]] http::response row_answer_of(const http::request& r, const std::string& table, row_answer row);
/// The same of a copy that may be older: it says so by X-Corka-Stale ("standby", "recovering"), and by X-Corka-Lag how
/// many changelog records it lacks, where that is known.
[[nodiscard]] http::response row_copy_answer(const http::request& r, const std::string& table, row_copy copy);
/// The same as `row_answer_of`, of what this process knows.
[[nodiscard]] task<http::response> answer_row(const source& from, http::request r, std::string table, std::string key);

}  // namespace corka::query
