// Actions at all instances of a group, from any of them.
#pragma once

#include "query/access.hpp"
#include "query/across_instances.hpp"

#include <corka/http/router.hpp>

namespace corka::query {

/// Adds /api/v1/cluster/actions and what is below: an action is started at every instance of its group, under one key
/// by which any instance can follow and stop all of its runs. Nobody keeps anything besides the runs themselves. Life:
/// all outlive the router.
void route_cluster_actions(http::router& routes, across_instances& across, access& who);

}  // namespace corka::query
