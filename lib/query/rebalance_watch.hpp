// Looks at groups when their partitions have moved.
#pragma once

#include "async/timer.hpp"
#include "base/clock.hpp"
#include "query/cluster_maps.hpp"
#include "query/ports.hpp"
#include "query/rebalance_reasons.hpp"

#include <corka/task.hpp>

#include <map>
#include <string>

namespace corka::query {

/// Asks for a description of each group of the program once it is a member, and after each rebalance that it took part
/// in: one request each, and none while nothing moves.
///
/// Life: what it is given outlives it. Strand: `ex`. Cancellation: `run` ends by `stop`.
class rebalance_watch {
 public:
  rebalance_watch(executor ex, clock& time, const source& here, cluster_maps& maps, rebalance_reasons& into)
      : time_{time}, here_{here}, maps_{maps}, into_{into}, timer_{std::move(ex), time} {}

  [[nodiscard]] task<> run();
  void stop();

 private:
  clock& time_;
  const source& here_;
  cluster_maps& maps_;
  rebalance_reasons& into_;
  async::timer timer_;
  std::map<std::string, cluster_maps::map_pointer> last_;
  bool stopped_ = false;
};

}  // namespace corka::query
