// Local copies of table partitions that other members hold.
#pragma once

#include "async/event.hpp"
#include "async/task_group.hpp"
#include "async/timer.hpp"
#include "kafka/ports.hpp"
#include "partition/environment.hpp"
#include "processor/group_topics.hpp"
#include "processor/runtime_core.hpp"
#include "processor/standby_plan.hpp"
#include "processor/store_cabinet.hpp"
#include "table/table_follower.hpp"

#include <corka/log.hpp>
#include <corka/processor.hpp>
#include <corka/status.hpp>
#include <corka/task.hpp>

#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <vector>

namespace corka::processor_parts {

/// Follows the own table, and joined tables, of the numbers that this member is a standby for, in the group's own
/// folders: whoever takes a number over here finds a store that lacks the tail only.
///
/// A store has one user at a time: `claim` ends the copies of a number, and puts their stores into the cabinet, before
/// its partition runs; no copy of it is begun again before `release`.
///
/// Life: `stop` before destruction. Strand: "control"; followers run on the workers. Threads: `status`, `row` any.
/// Errors: none; a copy that fails is given up with a warning, as it is only a copy.
class standby_copies {
 public:
  standby_copies(executor control, runtime_core& core, const partition::environment& env, const group_topics& topics,
                 const logger& log);

  /// Copies of all numbers, before the group is joined; returns once they are current, or were stopped.
  [[nodiscard]] task<> recover_all(store_cabinet& cabinet);
  /// Chooses over the live members from now on, each interval and when hurried.
  void start(kafka::admin& asked, const kafka::member& self, store_cabinet& cabinet);
  /// The group has changed.
  void hurry() { due_.cancel(); }
  [[nodiscard]] task<> claim(std::vector<partition_id> numbers);
  void release(const std::vector<partition_id>& numbers);
  /// Lets all copies end; `stop` waits for it.
  void cancel();
  [[nodiscard]] task<> stop();

  [[nodiscard]] std::vector<copy_status> status() const;
  /// From the copy of the own table, as far as it has come; nothing where there is no copy, or none that is complete,
  /// unless `recovering` ones do.
  [[nodiscard]] std::optional<table_row> row(partition_id number, std::string_view key, bool recovering) const;

 private:
  struct copy {
    store::identity of;
    std::shared_ptr<store::table_store> store;
    std::unique_ptr<tables::table_follower> follower;  ///< on its worker's strand
    std::shared_ptr<async::event> begun;               ///< `follower` is there, or will not be
    std::shared_ptr<async::event> ended;               ///< both on the control strand
    bool unwanted = false;
  };

  [[nodiscard]] bool is_kept(partition_id number, const std::shared_ptr<store::table_store>& store) const;
  task<> watch(kafka::admin& asked, const kafka::member& self);
  task<> choose(kafka::admin& asked, const kafka::member& self);
  task<> tell_ends(kafka::admin& asked);
  void follow(const std::set<partition_id>& wanted);
  void begin(const topic_partition& table, const std::string& codec);
  void end(const topic_partition& table);
  task<> run(topic_partition table, std::shared_ptr<copy> c);
  [[nodiscard]] std::vector<std::pair<topic_name, std::string>> tables() const;

  executor control_;
  runtime_core& core_;
  const partition::environment& env_;
  const group_topics& topics_;
  const logger& log_;
  store_cabinet* cabinet_ = nullptr;
  std::unique_ptr<kafka::record_reader> reader_;
  async::timer due_;
  async::task_group watching_;
  async::task_group running_;
  std::set<partition_id> claimed_;
  bool stopped_ = false;
  mutable std::mutex mutex_;  // guards copies_ against other threads; the control strand alone changes it
  std::map<topic_partition, std::shared_ptr<copy>> copies_;
};

}  // namespace corka::processor_parts
