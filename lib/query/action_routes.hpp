// Actions by HTTP.
#pragma once

#include "query/access.hpp"
#include "query/action_board.hpp"

#include <corka/http/router.hpp>

namespace corka::query {

/// Adds /api/v1/actions and what is below. Whether somebody may start or stop one is up to `who`. Life: `board` and
/// `who` outlive the router.
void route_actions(http::router& routes, action_board& board, access& who);

}  // namespace corka::query
