// What services need of a runtime, whoever composed it.
#pragma once

#include "async/execution.hpp"
#include "kafka/ports.hpp"
#include "processor/partitioner_book.hpp"
#include "store/store.hpp"
#include "table/recovery_memory.hpp"

#include <corka/log.hpp>

#include <atomic>
#include <filesystem>
#include <memory>
#include <mutex>
#include <set>
#include <string>

namespace corka {

/// The composed parts of a runtime. Life: shared by the runtime and what runs on it. Threads: the pointers never
/// change.
class runtime_core {
 public:
  std::shared_ptr<async::execution> threads;
  std::shared_ptr<kafka::cluster> cluster;
  std::shared_ptr<store::store_factory> stores;
  std::filesystem::path state_dir;
  std::string instance;
  /// As runtime_options::advertise; set before the first service runs, as a server's port is known by then only.
  std::string advertise;
  bool embedded = false;
  logger log;
  /// For the batches of all table partitions that recover at the same time.
  tables::recovery_memory recovery_memory{std::size_t{128} << 20U};
  /// Spreads partitions over workers: the next one to be given out.
  std::atomic<std::size_t> next_worker{0};
  /// Of everything that runs.
  std::shared_ptr<partitioner_book> partitioners = std::make_shared<partitioner_book>();
  /// Names of the views that run: several of one table have folders of their own.
  std::mutex names_mutex;
  std::set<std::string> names;
};

}  // namespace corka
