// Status of copies of tables as metrics.
#pragma once

#include "query/metric_samples.hpp"

#include <corka/status.hpp>

#include <vector>

namespace corka::query::samples_of {

void joins_lookups_and_standbys(exposition& out, const statuses& all, bool by_partition);
void views(exposition& out, const std::vector<view_status>& all, bool by_partition);

}  // namespace corka::query::samples_of
