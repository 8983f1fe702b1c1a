// JSON that is long, and asked for seldom.
#pragma once

#include <corka/http/request.hpp>
#include <corka/http/response.hpp>

#include <nlohmann/json_fwd.hpp>

namespace corka::query {

/// Whether the client takes it compressed.
[[nodiscard]] bool takes_gzip(const http::request& r);
[[nodiscard]] http::response long_answer(bool compressed, const nlohmann::ordered_json& j);

}  // namespace corka::query
