// Following a row.
#pragma once

#include "query/monitor.hpp"
#include "query/ports.hpp"

#include <corka/http/request.hpp>
#include <corka/http/response.hpp>
#include <corka/task.hpp>

namespace corka::query {

/// Server-Sent Events `row` for `?key=` or `?key64=` of the table in the path: at once, and whenever the row has
/// changed. The row is looked at twice a second, whatever changes it: a view, a group's table here. 400, 404 and 503 as
/// problems. Life: `from` and `by` outlive the stream.
[[nodiscard]] task<http::response> answer_watch(const source& from, monitor& by, http::request r);

}  // namespace corka::query
