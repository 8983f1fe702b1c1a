// Asks a router without a connection.
#pragma once

#include <corka/http/client.hpp>
#include <corka/http/router.hpp>
#include <corka/task.hpp>

namespace corka::http {

/// What the server's own handlers answer to `what`, whose address counts for nothing. Answers without an end are given
/// as they are, without a body. The router outlives it. Throws what the handler throws.
[[nodiscard]] task<reply> dispatch(const router& to, call what);

/// Status, fields and body of an answer.
[[nodiscard]] reply reply_of(const response& r);

}  // namespace corka::http
