// JSON as answers.
#pragma once

#include <corka/http/response.hpp>

#include <nlohmann/json.hpp>

#include <string>

namespace corka::query {

/// On one line. Names and messages come from outside: what is no UTF-8 in them is replaced.
[[nodiscard]] inline std::string json_text(const nlohmann::ordered_json& j) {
  return j.dump(-1, ' ', false, nlohmann::ordered_json::error_handler_t::replace);
}
[[nodiscard]] inline http::response json_response(const nlohmann::ordered_json& j, unsigned status = 200) {
  http::response r{status};
  r.content("application/json", json_text(j) + "\n");
  return r;
}

}  // namespace corka::query
