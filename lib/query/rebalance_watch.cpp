#include "query/rebalance_watch.hpp"

#include <chrono>
#include <utility>

namespace corka::query {

namespace {
constexpr std::chrono::seconds look_every{1};
}

task<> rebalance_watch::run() {
  while (!stopped_) {
    const auto all = here_.processors();
    for (const auto& p : all) {
      into_.seen(p);
      if (!into_.lacks(p) || stopped_) continue;
      const auto map = co_await maps_.get(p.group, true);
      // The cluster does not answer, what there is was there before, or nothing is known yet: the next look asks again.
      auto& last = last_[p.group];
      if (!map || map == last || map->members().empty()) continue;
      last = map;
      into_.described(p.group, map->members(), time_.wall_ms());
    }
    if (!stopped_) (void)co_await timer_.wait_for(look_every);
  }
}

void rebalance_watch::stop() {
  stopped_ = true;
  timer_.cancel();
}

}  // namespace corka::query
