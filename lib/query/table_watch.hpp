// Following a row.
#pragma once

#include "query/monitor.hpp"
#include "query/ports.hpp"

#include <corka/http/request.hpp>
#include <corka/http/response.hpp>
#include <corka/task.hpp>

namespace corka::query {

class across_instances;

/// Server-Sent Events `row` for `?key=` or `?key64=` of the table in the path: at once, and whenever the row has
/// changed. The row is looked at twice a second, whatever changes it, and wherever it is: with `across` its owner is
/// asked, whoever that is at the moment; null: what is here is all there is. 400, 404 and 503 as problems. Life: all
/// outlive the stream.
[[nodiscard]] task<http::response> answer_watch(const source& from, across_instances* across, monitor& by,
                                                http::request r);

}  // namespace corka::query
