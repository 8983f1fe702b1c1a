// Records that were put aside, as HTTP answers.
#pragma once

#include "query/ports.hpp"

#include <corka/http/request.hpp>
#include <corka/http/response.hpp>
#include <corka/task.hpp>

#include <nlohmann/json_fwd.hpp>

#include <vector>

namespace corka::query {

/// The dead-letter topics of the groups here.
[[nodiscard]] nlohmann::ordered_json dead_letters_json(const std::vector<processor_status>& all);

/// The newest records of the topic in the path, as `?limit=` (1..100, 20) and `?before=` choose them. 400, 404 and 503
/// as problems.
[[nodiscard]] task<http::response> answer_dead_letters(const source& from, http::request r);

}  // namespace corka::query
