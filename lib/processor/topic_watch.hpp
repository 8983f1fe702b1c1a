// Looks at the group's topics now and then.
#pragma once

#include "async/task_group.hpp"
#include "async/timer.hpp"
#include "base/clock.hpp"
#include "kafka/ports.hpp"
#include "processor/group_topics.hpp"
#include "processor/topic_changes.hpp"

#include <corka/log.hpp>
#include <corka/task.hpp>

#include <chrono>
#include <functional>
#include <mutex>
#include <string>
#include <vector>

namespace corka::processor_parts {

/// Tells of topics that have grown, or were deleted and made again under the same name, which a reader alone may not
/// notice.
///
/// Life: `stop` before destruction. Strand: "control". Threads: `problems` any.
class topic_watch {
 public:
  /// Called when the group has to begin anew with the topics as they are.
  using handler = std::function<void(const topic_changes&)>;

  topic_watch(executor control, clock& time, const declaration& group, const group_topics& topics, const logger& log,
              handler changed);

  void start(kafka::admin& asked, std::chrono::milliseconds interval);
  [[nodiscard]] task<> stop();
  /// There is reason to look at once.
  void hurry() { due_.cancel(); }
  /// Looks, and returns once it has. Throws as kafka::admin does.
  [[nodiscard]] task<> look(kafka::admin& asked);

  [[nodiscard]] std::vector<std::string> problems() const;

 private:
  task<> watch(kafka::admin& asked, std::chrono::milliseconds interval);

  const declaration& group_;
  const group_topics& topics_;
  const logger& log_;
  handler changed_;
  async::timer due_;
  async::task_group tasks_;
  mutable std::mutex mutex_;  // guards problems_
  std::vector<std::string> problems_;
};

}  // namespace corka::processor_parts
