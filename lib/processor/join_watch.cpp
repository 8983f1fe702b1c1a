#include "processor/join_watch.hpp"

#include "async/timer.hpp"
#include "processor/retrying.hpp"

#include <corka/error.hpp>

#include <fmt/format.h>

#include <chrono>
#include <cstddef>
#include <utility>
#include <vector>

namespace corka::processor_parts {

namespace {
/// Two requests each time, whatever the number of partitions.
constexpr std::chrono::seconds interval{15};
}  // namespace

join_watch::join_watch(executor control, clock& time, const partition::environment& env, held_partitions& held,
                       group_topics& topics, const logger& log)
    : time_{time}, env_{env}, held_{held}, topics_{topics}, log_{log}, tasks_{std::move(control)} {}

void join_watch::start(kafka::admin& asked) {
  if (!env_.group->joins.empty()) tasks_.spawn(watch(asked));
}

task<> join_watch::stop() {
  tasks_.cancel();
  return tasks_.join();
}

task<> join_watch::watch(kafka::admin& asked) {
  while (true) {
    co_await async::sleep_for(time_, interval);
    try {
      co_await ask(asked);
    } catch (const error& e) {
      // The copies wait for the cluster by themselves.
      log_.debug(fmt::format("joined tables could not be asked about: {}", e.what()));
    }
  }
}

task<> join_watch::ask(kafka::admin& asked) {
  const auto& joins = env_.group->joins;
  std::vector<topic_name> names;
  for (const auto& join : joins) names.push_back(join.topic);
  const auto described = co_await asked.describe(std::move(names));

  const auto numbers = held_.numbers();
  std::vector<topic_partition> all;
  for (const auto& topic : described) {
    for (const auto number : numbers) {
      if (topic.exists && number.value < topic.partitions) all.push_back({topic.topic, number});
    }
  }
  if (all.empty()) co_return;
  const auto ranges = co_await asked.offsets(all);
  for (std::size_t j = 0; j < joins.size(); ++j) {
    if (described[j].exists) topics_.join_ids[j] = described[j].id;
  }
  for (std::size_t i = 0; i < all.size(); ++i) {
    for (std::size_t j = 0; j < joins.size(); ++j) {
      if (all[i].topic == joins[j].topic) held_.tell(all[i].partition, j, {described[j].id, ranges[i]});
    }
  }
}

}  // namespace corka::processor_parts
