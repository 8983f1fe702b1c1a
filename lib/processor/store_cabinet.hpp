// The local copies of one processor: opened, lent to partitions, kept a while, closed.
#pragma once

#include "async/event.hpp"
#include "async/task_group.hpp"
#include "processor/runtime_core.hpp"
#include "store/state_directory.hpp"

#include <corka/log.hpp>

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <map>
#include <memory>

namespace corka::processor_parts {

/// Stores of revoked partitions stay open for a while, so that a rebalance that gives them back costs nothing.
///
/// Strand: the processor's. Life: `close` before destruction. The folder of the group is locked from construction on.
/// Errors: error{errc::store_in_use, errc::store_failed}.
class store_cabinet {
 public:
  store_cabinet(runtime_core& core, const group_name& group, executor strand, std::chrono::milliseconds linger,
                logger log);

  /// Where the group's local copies are.
  [[nodiscard]] const std::filesystem::path& folder() const noexcept { return folder_.folder(); }
  /// The open store of a table partition. At most one user at a time.
  [[nodiscard]] task<std::shared_ptr<store::table_store>> take(topic_partition table);
  /// The partition has ended; its store is closed later unless somebody takes it again.
  void put_back(const topic_partition& table, std::shared_ptr<store::table_store> store);
  /// Closes everything, cleanly.
  [[nodiscard]] task<> close();

 private:
  struct drawer {
    std::shared_ptr<store::table_store> store;
    std::uint64_t since = 0;  ///< which put_back it was
  };
  task<> close_later(topic_partition table, std::uint64_t since);
  task<> close_store(topic_partition table, std::shared_ptr<store::table_store> store);

  runtime_core& core_;
  store::state_directory folder_;
  std::chrono::milliseconds linger_;
  logger log_;
  std::map<topic_partition, drawer> drawers_;
  /// Being closed on another thread: a folder must not be opened again before that.
  std::map<topic_partition, std::shared_ptr<async::event>> closing_;
  std::uint64_t puts_ = 0;
  async::task_group closers_;
};

}  // namespace corka::processor_parts
