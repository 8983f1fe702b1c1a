// A Kafka broker inside the process.
#pragma once

#include "async/execution.hpp"
#include "kafka/ports.hpp"

#include <corka/ids.hpp>
#include <corka/log.hpp>

#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <exception>
#include <filesystem>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace corka {
class directory_lock;
}  // namespace corka

namespace corka::kafka::embedded {

class catalog;
class coordinator;
struct disk;
struct fault_plan;
class hosted_partition;
class link;
class offset_store;
class topic;

struct broker_options {
  // Behaviour
  /// Where topics and committed offsets are kept; nothing: in memory, and gone with the broker. One process at a time.
  std::optional<std::filesystem::path> directory;
  /// Acknowledge only what the disk has. Without it everything acknowledged survives the process, however it ends, but
  /// a crash of the machine may lose what the system had not yet written.
  bool fsync = false;
  /// How often retention and compaction look at the topics; 0: only when `maintain` is called.
  std::chrono::milliseconds maintenance_interval{30'000};
  /// Of topic ids: equal seeds give equal ids; 0: random.
  std::uint64_t seed = 0;
  logger log;

  /// Faults from a plan, on virtual time, in memory or on a disk of `files`; nothing: none.
  std::shared_ptr<fault_plan> faults{};
  /// In place of the machine's disk; nothing: that one.
  std::shared_ptr<disk> files{};

  // Performance
  /// Size of a piece of a partition's log, unless the topic's segment.bytes says another: the unit of retention and
  /// compaction. Address space of this size is reserved for each partition, memory only as it is used. At least 64 KiB.
  std::size_t segment_bytes = 16U << 20U;
};

/// Topics, groups and their offsets, for any number of clients in the process.
///
/// Life: `open`; shared by the clusters and clients on it, ends with the last of them. Strand, threads: any; members
/// safe. The execution outlives it. Errors: `open` throws error{errc::store_in_use} when another process has the
/// directory, error{errc::store_failed} when it cannot be read. A damaged end of a log is cut and said to the log.
class broker : public std::enable_shared_from_this<broker> {
 public:
  [[nodiscard]] static std::shared_ptr<broker> open(async::execution& on, broker_options options);
  broker(const broker&) = delete;
  broker& operator=(const broker&) = delete;
  ~broker();

  /// Retention and compaction, now. `forced`: also of what is being written and of what is hardly worth it.
  void maintain(bool forced = false);
  /// More partitions, as an operator would give them: groups on the topic share the new numbers too, producers go on
  /// with those that they know. @throws error{errc::topic_unknown}.
  void grow_topic(const topic_name& name, std::int32_t partitions);
  /// False: there was none. Its readers get errc::topic_unknown.
  bool remove_topic(const topic_name& name);

  // Faults, for tests and simulations.
  /// False: the broker is as if it were down, for everybody. Nothing is lost, and sessions begin anew when it is back.
  void set_reachable(bool reachable);
  /// The same for the clients with an id, as if their network were cut: their sessions end after the session timeout.
  void set_reachable(std::string_view client_id, bool reachable);
  /// Ends the sessions of a client in a group at once; how many it had.
  std::size_t expire(const group_name& group, std::string_view client_id);

  /// The broker was killed and is started again: everything but the clients' connections is as the disk has it. With
  /// `forget_members` all memberships are over. Only where `files` were given, and while it cannot be reached.
  void reopen(bool forget_members);
  /// How often that was.
  [[nodiscard]] std::uint64_t life() const noexcept { return life_; }

  /// So many batches of records to this topic from now on are not written, as if their delivery had timed out.
  void time_out_deliveries(const topic_name& topic, std::size_t batches);

  // For the clients.
  /// Calls what changes topics. @throws error{errc::broker_unavailable} if the broker crashes in it.
  void change(const std::function<void()>& call);
  /// To the log, unless it comes of a crash.
  void tell_failure(const std::string& what) const;
  [[nodiscard]] bool times_out(const hosted_partition& at);
  [[nodiscard]] catalog& topics() noexcept { return *topics_; }
  [[nodiscard]] coordinator& groups() noexcept { return *groups_; }
  [[nodiscard]] offset_store& offsets() noexcept { return *offsets_; }
  [[nodiscard]] async::execution& threads() noexcept { return on_; }
  [[nodiscard]] clock& time() noexcept { return on_.time(); }
  [[nodiscard]] const broker_options& options() const noexcept { return options_; }
  /// Null: everything goes well.
  [[nodiscard]] fault_plan* faults() const noexcept { return options_.faults.get(); }
  [[nodiscard]] bool durable() const noexcept { return options_.directory.has_value(); }
  [[nodiscard]] std::shared_ptr<link> connect(std::string client_id, async::signal::notifier changed);

 private:
  broker(async::execution& on, broker_options options);
  void wake_readers();

  async::execution& on_;
  broker_options options_;
  std::unique_ptr<directory_lock> lock_;  // before what is in the directory
  std::unique_ptr<offset_store> offsets_;
  std::unique_ptr<catalog> topics_;
  std::unique_ptr<coordinator> groups_;
  std::mutex mutex_;
  bool reachable_ = true;
  std::uint64_t life_ = 0;
  std::vector<std::string> cut_;
  std::vector<std::weak_ptr<link>> links_;
  std::atomic<std::size_t> time_outs_{0};  // to come
  std::shared_ptr<topic> timing_out_;      // under mutex_
  struct maintenance;
  std::shared_ptr<maintenance> maintenance_;
};

/// The broker as a cluster, whose name is "embedded".
[[nodiscard]] std::shared_ptr<cluster> make_cluster(std::shared_ptr<broker> on);

}  // namespace corka::kafka::embedded
