// Everything that a program shows of itself by HTTP.
#pragma once

#include "query/ports.hpp"

#include <corka/http/router.hpp>

#include <filesystem>

namespace corka::query {

/// Adds the dashboard at /, the API below /api/v1, /metrics, /healthz and /readyz to `routes`.
///
/// The dashboard's files are those that the program carries, or the ones in `ui_dir`, read at each request.
/// Life: `from` outlives the router. Errors: what `from` throws is answered 500.
/// @throws std::runtime_error where `ui_dir` is given and has no dashboard.
void route_all(http::router& routes, const source& from, const std::filesystem::path& ui_dir = {});

}  // namespace corka::query
