#include "processor/topic_watch.hpp"

#include "graph/topics.hpp"

#include <corka/error.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace corka::processor_parts {

topic_watch::topic_watch(executor control, clock& time, const declaration& group, const group_topics& topics,
                         const logger& log, handler changed)
    : group_{group}, topics_{topics}, log_{log}, changed_{std::move(changed)}, due_{control, time}, tasks_{control} {}

void topic_watch::start(kafka::admin& asked, std::chrono::milliseconds interval) {
  tasks_.spawn(watch(asked, interval));
}

task<> topic_watch::stop() {
  tasks_.cancel();
  return tasks_.join();
}

task<> topic_watch::watch(kafka::admin& asked, std::chrono::milliseconds interval) {
  while (true) {
    (void)co_await due_.wait_for(interval);
    try {
      co_await look(asked);
    } catch (const error& e) { log_.debug(fmt::format("the group's topics could not be looked at: {}", e.what())); }
  }
}

task<> topic_watch::look(kafka::admin& asked) {
  auto names = graph::topics_of(group_);
  const auto now = co_await asked.describe(std::move(names));
  auto changes = changes_of(group_, topics_.known, now);
  if (!changes.renewed.empty() || changes.grown) {
    changed_(changes);
    co_return;
  }
  for (const auto& problem : changes.problems) {
    if (std::ranges::find(problems_, problem) == problems_.end()) log_.warn(problem);
  }
  const std::lock_guard lock{mutex_};
  problems_ = std::move(changes.problems);
}

std::vector<std::string> topic_watch::problems() const {
  const std::lock_guard lock{mutex_};
  return problems_;
}

}  // namespace corka::processor_parts
