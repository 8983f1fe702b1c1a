// Commits what the partitions of one member have done.
#pragma once

#include "async/signal.hpp"
#include "async/strand_check.hpp"
#include "async/task_group.hpp"
#include "async/timer.hpp"
#include "base/clock.hpp"
#include "kafka/ports.hpp"
#include "processor/commit_board.hpp"

#include <corka/log.hpp>
#include <corka/task.hpp>

#include <functional>
#include <mutex>
#include <vector>

namespace corka::processor_parts {

/// Gathers watermarks from the partitions' strands and sends them as one commit, again if it failed.
///
/// Life: `stop` before destruction if `start` was called; `commit_until` may follow it. Strand: `control`. Threads:
/// `publish` any.
class offset_committer {
 public:
  /// Called after a commit with what was committed.
  using observer = std::function<void(const std::vector<kafka::position>&)>;
  /// Looks whether topics were made anew, and says so by `dropped` before it ends. May throw error.
  using inspector = std::function<task<>()>;

  /// `inspect` is called right before positions that stand still are committed again, as a topic that was deleted and
  /// made again a moment ago would be read from where the old one stood.
  offset_committer(executor control, clock& time, logger log, observer committed, inspector inspect);

  /// Watermarks of a partition have moved.
  void publish(std::vector<kafka::position> moved);
  /// The partition starts there.
  void assigned(const kafka::position& at) {
    check_("offset_committer::assigned");
    board_.assigned(at, time_.now());
  }
  /// The topic is another by now: what was done of the old one is not to be committed for it.
  void dropped(const topic_name& topic) {
    check_("offset_committer::dropped");
    board_.dropped(topic);
  }
  /// The partitions are somebody else's: what they published and what is not committed is dropped.
  void released(const std::vector<topic_partition>& which);

  /// Commits in the background from now on.
  void start(kafka::member& member);
  [[nodiscard]] task<> stop();
  /// Commits what these partition numbers have published, at most until `deadline`: then it drops a commit that is
  /// under way, which a broker that is gone may never answer. Cancellation: terminal.
  [[nodiscard]] task<> commit_until(kafka::member& member, std::vector<partition_id> which, clock::time_point deadline);

 private:
  void take_in();
  task<> keep_committing(kafka::member& member);
  task<> remind();
  task<bool> topics_are_looked_at();
  task<> commit_again_and_again(kafka::member& member, const std::vector<partition_id>& which,
                                clock::time_point deadline, bool& ok);
  task<bool> commit_once(kafka::member& member, std::vector<kafka::position> what);

  executor control_;
  async::strand_check check_;
  clock& time_;
  logger log_;
  observer committed_;
  inspector inspect_;
  commit_board board_;
  std::mutex inbox_mutex_;
  std::vector<kafka::position> inbox_;  // from the partitions' strands
  async::signal moved_;
  bool idle_as_well_ = false;  // what stands still has its turn
  async::task_group tasks_;
};

}  // namespace corka::processor_parts
