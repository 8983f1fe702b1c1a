// Everything that a program shows of itself by HTTP.
#pragma once

#include "query/ports.hpp"

#include <corka/http/router.hpp>

namespace corka::query {

/// Adds the page at /, the API below /api/v1, /metrics, /healthz and /readyz to `routes`.
///
/// Life: `from` outlives the router. Errors: what `from` throws is answered 500.
void route_all(http::router& routes, const source& from);

}  // namespace corka::query
