// JSON that is long, and asked for seldom.
#pragma once

#include <corka/http/request.hpp>
#include <corka/http/response.hpp>

#include <nlohmann/json_fwd.hpp>

#include <string>

namespace corka::query {

/// Compressed for those who take it.
[[nodiscard]] http::response long_answer(const http::request& r, std::string text);
[[nodiscard]] http::response long_answer(const http::request& r, const nlohmann::ordered_json& j);

}  // namespace corka::query
