// One call of processor::visit.
#pragma once

#include "async/signal.hpp"
#include "base/clock.hpp"
#include "partition/partition_runner.hpp"
#include "partition/visit_part.hpp"

#include <corka/status.hpp>
#include <corka/visit.hpp>

#include <atomic>
#include <cstddef>
#include <memory>
#include <mutex>
#include <string>
#include <typeindex>
#include <vector>

namespace corka::processor_parts {

/// How a run of a processor ends, for who hears of it later. Threads: any.
struct departure {
  std::atomic<bool> stopped{false};
  std::atomic<bool> failed{false};
  std::atomic<bool> renewed{false};
};

/// Hands a visit to the partitions, gathers how its parts end, and says how far it is.
///
/// Life: shared by who awaits it, the parts, and the status. Threads: any.
class running_visit : public std::enable_shared_from_this<running_visit> {
 public:
  using runner = std::shared_ptr<partition::partition_runner>;

  /// `changed` is called when parts have ended.
  running_visit(std::string name, visit_options options, async::signal::notifier changed);

  /// Asks each of `runners` that the options want; once. `gone` says why one is ours no more.
  void begin(const std::vector<runner>& runners, const visitor_edge& visitor, const std::shared_ptr<const void>& meta,
             std::shared_ptr<const departure> gone);
  void cancel();

  [[nodiscard]] bool ended() const;
  /// Once it has ended.
  [[nodiscard]] visit_result result() const;
  [[nodiscard]] visit_status status() const;

 private:
  struct part {
    partition_id number;
    std::weak_ptr<partition::visit_part> asked;
    std::weak_ptr<partition::partition_runner> by;
  };

  struct open_part {
    std::shared_ptr<partition::visit_part> asked;
    runner by;
  };

  void add(const runner& by, std::string from, const visitor_edge& visitor, const std::shared_ptr<const void>& meta);
  void part_ended(visited_partition how);
  [[nodiscard]] visit_progress progress() const;
  /// Kept alive for the caller: a part that dies ends, and that takes the lock.
  [[nodiscard]] std::vector<open_part> open_parts() const;
  [[nodiscard]] bool has_ended(partition_id number) const;  // under the lock

  const std::string name_;
  const visit_options options_;
  const async::signal::notifier changed_;
  mutable std::mutex mutex_;  // guards what follows
  std::vector<part> parts_;
  std::vector<visited_partition> ended_;
  bool begun_ = false;
  std::shared_ptr<const departure> gone_;  // set before anything can end
};

/// The visits of one run of a processor that have not ended. Threads: any.
class visit_list {
 public:
  void add(const std::shared_ptr<running_visit>& visit);
  [[nodiscard]] std::vector<visit_status> status() const;

 private:
  mutable std::mutex mutex_;
  std::vector<std::weak_ptr<running_visit>> all_;
};

/// @throws error{errc::invalid_option}.
void check(const visit_options& options);
/// @throws error{errc::not_declared} where the group has no such visitor, or one for another type.
[[nodiscard]] const visitor_edge& visitor_of(const declaration& group, const std::string& name, std::type_index meta);

}  // namespace corka::processor_parts
