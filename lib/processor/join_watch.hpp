// Asks the cluster now and then about joined tables.
#pragma once

#include "async/task_group.hpp"
#include "base/clock.hpp"
#include "kafka/ports.hpp"
#include "partition/environment.hpp"
#include "processor/group_topics.hpp"
#include "processor/held_partitions.hpp"

#include <corka/log.hpp>
#include <corka/task.hpp>

namespace corka::processor_parts {

/// Tells the copies of joined tables what there is, for all partitions of a member at once: their true lag while
/// nothing arrives, and a topic that was made anew under the same name, which a reader alone may not notice.
///
/// Life: `stop` before destruction. Strand: "control".
class join_watch {
 public:
  /// What it is given outlives it. `topics` is brought up to date: later partitions start from what there is then.
  join_watch(executor control, clock& time, const partition::environment& env, held_partitions& held,
             group_topics& topics, const logger& log);

  /// Begins, if there is anything to watch.
  void start(kafka::admin& asked);
  [[nodiscard]] task<> stop();

 private:
  task<> watch(kafka::admin& asked);
  task<> ask(kafka::admin& asked);

  clock& time_;
  const partition::environment& env_;
  held_partitions& held_;
  group_topics& topics_;
  const logger& log_;
  async::task_group tasks_;
};

}  // namespace corka::processor_parts
