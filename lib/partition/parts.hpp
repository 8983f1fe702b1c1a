// What the parts of one partition have in common.
#pragma once

#include "async/signal.hpp"
#include "async/task_group.hpp"
#include "partition/commit_tracker.hpp"
#include "partition/control.hpp"
#include "partition/environment.hpp"
#include "partition/metrics.hpp"
#include "partition/partition_sender.hpp"
#include "partition/scope_pool.hpp"

#include <corka/log.hpp>

#include <vector>

namespace corka::partition {

/// Everything here lives as long as the partition and is used on its strand.
struct parts {
  const environment& env;
  partition_id number;
  const executor& strand;
  const logger& log;
  control& state;
  std::vector<commit_tracker>& trackers;  ///< one an input
  partition_sender& sender;
  metrics& counts;
  scope_pool& scopes;
  async::task_group& children;  ///< what runs beside the process loop
  async::signal& wake;          ///< the process loop has something to do
};

}  // namespace corka::partition
