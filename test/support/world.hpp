// A cluster and any number of program instances, in one thread, on virtual time.
#pragma once

#include "async/virtual_execution.hpp"
#include "kafka/embedded/broker.hpp"
#include "processor/runtime_core.hpp"
#include "store/store.hpp"
#include "support/temporary_folder.hpp"

#include <corka/partitioner.hpp>
#include <corka/processor.hpp>
#include <corka/runtime.hpp>

#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace corka::test {

/// One process, as far as corka can tell: its own folder for local state.
class instance {
 public:
  instance(async::virtual_execution& on, std::shared_ptr<kafka::cluster> cluster,
           std::shared_ptr<store::store_factory> stores, std::filesystem::path folder, std::string name, log_sink log);

  [[nodiscard]] runtime& on() noexcept { return runtime_; }
  [[nodiscard]] const std::filesystem::path& folder() const noexcept { return core_->state_dir; }

 private:
  std::shared_ptr<runtime_core> core_;
  runtime runtime_;
};

/// A service that runs, or ran.
class running {
 public:
  [[nodiscard]] bool ended() const noexcept { return state_->ended; }
  /// Message of what it threw; empty if it returned.
  [[nodiscard]] const std::string& failure() const noexcept { return state_->failure; }

 private:
  friend class world;
  struct state {
    bool ended = false;
    std::string failure;
  };
  std::shared_ptr<state> state_ = std::make_shared<state>();
};

/// A record as tests see it.
struct seen {
  std::int32_t partition = 0;
  std::int64_t at = 0;
  std::string key;
  std::optional<std::string> value;
  std::vector<header> headers;
  std::int64_t timestamp_ms = 0;
};

/// Life: outlives the services it runs; `stop` them and `until(ended)` before they are destroyed.
class world {
 public:
  enum class copies { memory, lmdb };
  /// Where instances keep their local copies.
  explicit world(copies kept = copies::memory);
  ~world();

  async::virtual_execution threads;
  std::shared_ptr<kafka::embedded::broker> broker;
  std::shared_ptr<kafka::cluster> cluster;
  /// Every log line of every instance.
  std::vector<std::string> log;

  void create(const std::string& topic, std::int32_t partitions, std::map<std::string, std::string> config = {});
  /// Writes to the partition of the key and waits until it is acknowledged.
  void write(const std::string& topic, const std::string& key, std::optional<std::string> value,
             const std::vector<header_view>& headers = {}, std::int64_t timestamp_ms = -1);
  /// Many records at once: keys and values.
  void write_all(const std::string& topic, const std::vector<std::pair<std::string, std::string>>& records);

  /// The instance of a name: the same one, with the same local state, each time.
  instance& member(const std::string& name);
  running start(service& what, instance& on);
  /// Lets time pass, in small steps, until `done`. False: not within `limit`.
  bool until(const std::function<bool()>& done, std::chrono::milliseconds limit = std::chrono::minutes{2});
  /// Stops it and waits for its end.
  void stop(service& what, const running& run);

  /// Everything in a topic, partition by partition.
  [[nodiscard]] std::vector<seen> records(const std::string& topic);
  /// The last value of each key: what a table topic says.
  [[nodiscard]] std::map<std::string, std::string> table(const std::string& topic);
  /// As a member that has left would have committed.
  void commit(const std::string& group, const std::vector<kafka::position>& at);
  [[nodiscard]] std::int64_t committed(const std::string& group, const std::string& topic,
                                       std::int32_t partition) const;
  /// Bytes of the row, "(none)", or the error in parentheses.
  [[nodiscard]] std::string row(const processor& p, const std::string& key);

 private:
  temporary_folder folder_;
  copies kept_;
  std::map<std::string, std::unique_ptr<instance>> instances_;
  std::map<std::string, std::shared_ptr<store::store_factory>> stores_;
  std::shared_ptr<kafka::producer> producer_;
  std::shared_ptr<kafka::admin> admin_;
  std::shared_ptr<kafka::record_reader> reader_;
};

/// What happened and how things stand, for a failing test's message.
[[nodiscard]] std::string story(const world& w, const processor& p);

/// Every record of every input of this processor's partitions is processed, done and committed; it has at least one.
[[nodiscard]] bool caught_up(const world& w, const processor& p);

}  // namespace corka::test
