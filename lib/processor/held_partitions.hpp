// The partition numbers that are ours, and what runs for each.
#pragma once

#include "async/event.hpp"
#include "async/strand_check.hpp"
#include "async/task_group.hpp"
#include "partition/environment.hpp"
#include "partition/partition_runner.hpp"
#include "processor/runtime_core.hpp"
#include "processor/store_cabinet.hpp"

#include <corka/error.hpp>
#include <corka/processor.hpp>
#include <corka/status.hpp>
#include <corka/task.hpp>

#include <cstddef>
#include <cstdint>
#include <exception>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <vector>

namespace corka::processor_parts {

/// Gives each assigned number to a worker, ends it when told, and answers for it meanwhile.
///
/// Partitions run on their own strands; what they are told is posted there.
///
/// Life: `join` before destruction. Strand: "control". Threads: `status`, `find`, `numbers_now` any.
class held_partitions {
 public:
  /// What the partitions need of their session. Called on the control strand.
  struct callbacks {
    std::function<void(std::exception_ptr)> failed;
    /// A topic is gone, or another by now.
    std::function<void(const error&)> topic_gone;
    /// Where a partition begins again after it was interrupted, as of now; nothing where it does not.
    std::function<task<std::optional<partition::start_point>>(partition_id)> start_again;
  };

  held_partitions(const partition::environment& env, runtime_core& core, executor control, callbacks to);

  /// Runs the number from `start` on. `reader` and `cabinet` (null in groups without table and joins) outlive it.
  void spawn(partition_id number, partition::start_point start, kafka::record_reader& reader, store_cabinet* cabinet,
             partition::partition_runner::publisher publish);
  void stop(const std::vector<partition_id>& which, clock::time_point deadline);
  void abandon(const std::vector<partition_id>& which);
  /// Returns when each of them has ended, and put its store back.
  [[nodiscard]] task<> await_end(std::vector<partition_id> which);
  [[nodiscard]] task<> join();
  /// They have ended and are not ours any more.
  void forget(const std::vector<partition_id>& which);

  [[nodiscard]] bool contains(partition_id number) const { return held_.contains(number); }
  [[nodiscard]] std::vector<partition_id> numbers() const;
  [[nodiscard]] std::vector<partition_status> status() const;
  /// There are some, and each of them processes records. Any thread.
  [[nodiscard]] bool all_process() const;
  /// As `numbers`, for other threads.
  [[nodiscard]] std::vector<partition_id> numbers_now() const;
  /// Null where the number is not ours, or has only just been given.
  [[nodiscard]] std::shared_ptr<partition::partition_runner> find(partition_id number) const;
  /// What the cluster says of the number's partition of a joined table.
  void tell(partition_id number, std::size_t join, tables::changelog_now now);
  /// Those that have begun, or are about to, by number.
  [[nodiscard]] std::vector<std::shared_ptr<partition::partition_runner>> runners() const;
  /// For the status.
  void committed(const std::vector<kafka::position>& positions);

 private:
  struct held {
    std::shared_ptr<partition::partition_runner> runner;
    std::shared_ptr<async::event> ended;            ///< on the control strand
    std::shared_ptr<async::task_group> restarting;  ///< asks where to begin again
    std::uint64_t rewinds = 0;
    bool unwanted = false;  ///< told to end, perhaps before it began
  };
  using stores = std::vector<std::shared_ptr<store::table_store>>;

  task<> run(partition_id number, partition::start_point start, kafka::record_reader& reader, store_cabinet* cabinet,
             partition::partition_runner::publisher publish);
  task<> run_again_and_again(partition_id number, partition::start_point start, const stores& open,
                             kafka::record_reader& reader, const partition::partition_runner::publisher& publish);
  task<bool> run_once(partition_id number, partition::start_point start, const stores& open,
                      kafka::record_reader& reader, const partition::partition_runner::publisher& publish);
  task<> find_start(partition_id number, clock::duration wait, std::optional<partition::start_point>* into);
  bool install(partition_id number, const std::shared_ptr<partition::partition_runner>& runner);

  const partition::environment& env_;
  runtime_core& core_;
  executor control_;
  async::strand_check check_;
  callbacks to_;
  logger log_;
  async::task_group tasks_;
  mutable std::mutex mutex_;  // guards held_ against other threads; the control strand alone changes it
  std::map<partition_id, held> held_;
};

}  // namespace corka::processor_parts
