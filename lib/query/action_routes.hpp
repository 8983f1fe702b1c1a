// Actions by HTTP.
#pragma once

#include "query/action_board.hpp"

#include <corka/http/router.hpp>

#include <string>

namespace corka::query {

/// Adds /api/v1/actions and what is below. Anybody may look; who starts or stops has to give `token` as a bearer token;
/// an empty one turns that off. Life: `board` outlives the router.
void route_actions(http::router& routes, action_board& board, std::string token);

}  // namespace corka::query
