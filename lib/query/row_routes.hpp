// Rows and pages of rows by HTTP.
#pragma once

#include "query/ports.hpp"

#include <corka/http/router.hpp>

namespace corka::query {

class across_instances;

/// Adds /api/v1/tables/{table}/keys and /keys/{key}. Without `across` they answer for this process alone. Life: both
/// outlive the router.
void route_rows(http::router& routes, const source& from, across_instances* across);

}  // namespace corka::query
