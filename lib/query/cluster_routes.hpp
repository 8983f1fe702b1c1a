// The API of the whole group.
#pragma once

#include "query/across_instances.hpp"

#include <corka/http/router.hpp>

namespace corka::query {

/// Adds /api/v1/cluster/... to `routes`. Life: `across` outlives the router.
void route_cluster(http::router& routes, across_instances& across);

}  // namespace corka::query
