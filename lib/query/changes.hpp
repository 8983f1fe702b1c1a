// What is worth telling between two looks.
#pragma once

#include "query/event_log.hpp"
#include "query/samples.hpp"

#include <vector>

namespace corka::query {

/// Changes of state, rebalances, failures and dead letters, as entries for the log. Partitions that did the same at the
/// same time are one entry.
[[nodiscard]] std::vector<log_entry> changes(const look& before, const look& now);

}  // namespace corka::query
