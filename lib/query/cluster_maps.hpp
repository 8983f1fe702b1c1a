// Routing tables of groups, kept for a short time.
#pragma once

#include "async/task_group.hpp"
#include "async/timer.hpp"
#include "base/clock.hpp"
#include "query/cluster_map.hpp"

#include <corka/log.hpp>
#include <corka/task.hpp>

#include <chrono>
#include <cstddef>
#include <list>
#include <map>
#include <memory>
#include <optional>
#include <string>

namespace corka::query {

/// Asks the directory once for all who want to know, and not again for a while.
///
/// A map that is older than `lifetime` is still given, and asked for anew meanwhile; who found it wrong asks for a
/// fresh one and waits, at most `patience`. Fresh ones are asked for at most each `pause`, however many want them.
/// Clients choose what groups are asked for, so no more than `most_groups` are remembered, or asked for at a time,
/// those of this process aside.
///
/// Life: `stop` before destruction. Strand: `ex`. Errors: none come out of it; where the cluster does not answer, what
/// was known before is given.
class cluster_maps {
 public:
  static constexpr std::chrono::milliseconds lifetime{5'000};
  static constexpr std::chrono::milliseconds pause{200};
  static constexpr std::chrono::milliseconds patience{3'000};
  static constexpr std::size_t most_groups = 256;

  cluster_maps(executor ex, clock& time, group_directory& from, logger log);
  cluster_maps(const cluster_maps&) = delete;
  cluster_maps& operator=(const cluster_maps&) = delete;
  ~cluster_maps();

  using map_pointer = std::shared_ptr<const cluster_map>;
  /// Null: there is no such group, or nothing is known of it.
  [[nodiscard]] task<map_pointer> get(std::string group, bool fresh);
  [[nodiscard]] task<> stop();

 private:
  struct entry {
    map_pointer map;
    std::optional<clock::time_point> asked;  ///< when the last answer came
    bool asking = false;
    std::list<async::timer*> waiting;
  };

  /// Null: there is no room for another one.
  [[nodiscard]] entry* entry_of(const std::string& group);
  task<> ask(std::string group);
  [[nodiscard]] task<> wait(entry& of, clock::duration longest);

  executor ex_;
  clock& time_;
  group_directory& from_;
  logger log_;
  std::map<std::string, entry> entries_;
  async::task_group asking_;
};

}  // namespace corka::query
