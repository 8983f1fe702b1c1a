// Whether the program lives, and whether it can be used.
#pragma once

#include <corka/http/response.hpp>
#include <corka/status.hpp>

#include <string>
#include <vector>

namespace corka::query {

/// Why the program should be started anew, one line a reason; empty: it should not. Lost brokers are no reason.
[[nodiscard]] std::vector<std::string> unhealthy(const std::vector<processor_status>& all,
                                                 const std::vector<view_status>& views);

/// What is still to come before every answer can be given, one line a reason.
[[nodiscard]] std::vector<std::string> unready(const std::vector<processor_status>& all,
                                               const std::vector<view_status>& views);

[[nodiscard]] http::response health_answer(const std::vector<processor_status>& all,
                                           const std::vector<view_status>& views);
[[nodiscard]] http::response readiness_answer(const std::vector<processor_status>& all,
                                              const std::vector<view_status>& views);

}  // namespace corka::query
