// What a request wants of a history.
#pragma once

#include "query/history.hpp"

#include <corka/http/request.hpp>
#include <corka/http/response.hpp>

#include <variant>

namespace corka::query {

/// By `?seconds=&step=&digits=&buckets=` and the lists `total`, `processors` and `views`, or the answer that says what
/// is wrong. The result refers to nothing of the request.
[[nodiscard]] std::variant<history_wish, http::response> read_history_wish(const http::request& r);

}  // namespace corka::query
