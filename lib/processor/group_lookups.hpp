// The whole tables that a group's callbacks look up in.
#pragma once

#include "async/task_group.hpp"
#include "kafka/ports.hpp"
#include "partition/environment.hpp"
#include "processor/runtime_core.hpp"
#include "table/whole_table.hpp"

#include <corka/declaration.hpp>
#include <corka/log.hpp>
#include <corka/status.hpp>
#include <corka/task.hpp>

#include <exception>
#include <filesystem>
#include <functional>
#include <memory>
#include <mutex>
#include <vector>

namespace corka::processor_parts {

/// One copy of each table, shared by all partitions of the process.
///
/// Life: `stop` before destruction. Strand: "control". Threads: `status` any. Errors: what ends a table goes to
/// `failed`.
class group_lookups {
 public:
  using failure_handler = std::function<void(std::exception_ptr)>;

  group_lookups(const declaration& group, executor control, failure_handler failed);

  /// Begins to read every table, into folders within `folder`, and gives `env` the means to look up.
  void start(runtime_core& core, std::shared_ptr<kafka::admin> admin, const std::filesystem::path& folder,
             partition::environment& env, executor control, const logger& log);
  /// Returns once every table is as it was at the start, or newer. @throws error{errc::stopped} if one has ended.
  [[nodiscard]] task<> ready();
  /// Nobody looks up any more.
  [[nodiscard]] task<> stop();

  [[nodiscard]] std::vector<view_status> status() const;

 private:
  task<> run(std::shared_ptr<tables::whole_table> table);

  const declaration& group_;
  failure_handler failed_;
  async::task_group tasks_;
  mutable std::mutex mutex_;  // guards tables_ against `status`
  std::vector<std::shared_ptr<tables::whole_table>> tables_;
};

}  // namespace corka::processor_parts
