// What can be started of a program by HTTP.
#pragma once

#include "query/action_board.hpp"

#include <corka/processor.hpp>
#include <corka/runtime.hpp>

#include <vector>

namespace corka::app_parts {

/// A visit for each visitor whose `Meta` can be read from JSON, and a replay for each dead-letter topic.
/// Life: processors and runtime outlive the runs.
[[nodiscard]] std::vector<query::action> actions_of(const std::vector<processor*>& processors, runtime& on);

}  // namespace corka::app_parts
