// Threads, the connection to a cluster and the place for local state, shared by everything in a program.
#pragma once

#include <corka/log.hpp>
#include <corka/task.hpp>

#include <cstddef>
#include <filesystem>
#include <map>
#include <memory>
#include <string>

namespace corka {

class runtime_core;

namespace store {
struct store_factory;
}

struct runtime_options {
  // Behaviour
  /// "embedded": a broker in this process, its log under the state directory; or "host:port,host:port" of a Kafka
  /// cluster.
  std::string brokers = "embedded";
  /// Properties of librdkafka for every connection, by its names; unknown ones are an error that shows near misses.
  std::map<std::string, std::string> kafka_properties{};
  /// Where local copies and the embedded log live. Empty: $CORKA_STATE_DIR, else $XDG_STATE_HOME/corka, else
  /// ~/.local/state/corka.
  std::filesystem::path state_dir{};
  /// A name that keeps several processes of one group apart that share a state directory; part of the folder's name.
  std::string instance{};
  /// "host:port" at which other instances reach this program's HTTP server, "[v6]:port" for IPv6. Members of groups
  /// announce it in their client id ("planes@10.0.0.5:8080"), where every instance reads it from the group's
  /// description; Kafka's quotas by client id see that name. Empty: nothing is announced. A property client.id of
  /// librdkafka takes its place, so that nothing is announced either.
  std::string advertise{};
  /// Local copies: "lmdb", or "memory" for tables that may be read from Kafka at each start.
  std::string store = "lmdb";
  /// A store of the program's own (<corka/store.hpp>), used instead of `store` for processors, joins, lookups and
  /// views.
  std::shared_ptr<store::store_factory> stores{};
  /// Empty: lines on standard error.
  log_sink log{};
  log_level least = log_level::info;

  // Performance
  /// Threads that process; 0: as many as the machine has.
  std::size_t workers = 0;
};

/// Runs services on worker threads.
///
/// Life: outlives every service run on it. Threads: the constructor starts them, the destructor joins them; members may
/// be called from any thread but a worker. Errors: error{errc::invalid_option}, error{errc::store_in_use}.
class runtime {
 public:
  explicit runtime(runtime_options options = {});
  /// On parts that somebody else composed: how tests run services on virtual time.
  explicit runtime(std::shared_ptr<runtime_core> core);
  runtime(const runtime&) = delete;
  runtime& operator=(const runtime&) = delete;
  ~runtime();

  /// Runs `main` on worker 0 and returns when it has ended; throws what it threw.
  void run(task<> main);

  [[nodiscard]] std::size_t workers() const noexcept;
  /// Executor of one worker: a strand by itself.
  [[nodiscard]] executor worker(std::size_t i) const;
  [[nodiscard]] const logger& log() const noexcept;
  [[nodiscard]] runtime_core& core() const noexcept { return *core_; }

 private:
  std::shared_ptr<runtime_core> core_;
};

}  // namespace corka
