// What corka needs of Kafka: four narrow interfaces, and the cluster that makes them.
//
// Two transports implement them: rdkafka/ (librdkafka) and embedded/ (a broker in the process). test/contract/kafka
// runs the same cases on both.
#pragma once

#include "async/signal.hpp"
#include "base/clock.hpp"
#include "kafka/record_batch.hpp"

#include <corka/error.hpp>
#include <corka/ids.hpp>
#include <corka/membership.hpp>
#include <corka/task.hpp>

#include <chrono>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <system_error>
#include <variant>
#include <vector>

namespace corka::kafka {

/// Where one partition is read from now on: `next` is the offset of the next record.
struct position {
  topic_partition where;
  offset next;

  friend bool operator==(const position&, const position&) = default;
};

/// Reads one partition from an offset on.
///
/// Strand: one at a time, any thread. Life: destroyed before the reader or member that opened it is closed; its batches
/// may outlive it. Back-pressure: who does not poll is not sent more than the transport's small per-partition buffer.
struct record_source {
  virtual ~record_source() = default;

  /// Refills `into` with what has arrived, at most `limit`, and never waits. False: nothing new, `into` is empty, and
  /// the notifier given at open will be called when that changes. After true, poll again before waiting: arrivals are
  /// announced once.
  /// @throws error{errc::offset_out_of_range} where the position is below the partition's start or above its end;
  ///         error{errc::topic_unknown} where the topic was deleted. A lost broker is not an error: nothing arrives.
  virtual bool poll(batch_limit limit, record_batch& into) = 0;
  /// What the partition holds, as last heard from the broker; {0, 0} before anything was heard. Never asks the broker.
  [[nodiscard]] virtual offset_range known_range() const noexcept = 0;
};

/// Opens sources outside any group.
struct record_reader {
  virtual ~record_reader() = default;

  /// Starts reading `where` at `from`. `arrived` is called, from any thread, when poll may have something new. Any
  /// thread. At most one source per partition and reader is open at a time.
  [[nodiscard]] virtual std::unique_ptr<record_source> open(const topic_partition& where, offset from,
                                                            async::signal::notifier arrived) = 0;
  /// The topic has this id by now: what a transport remembers of an earlier topic of the name must not count for the
  /// sources that are opened from now on. Who reads a topic that may be made anew meanwhile says so before `open`. Any
  /// thread.
  virtual void topic_is(const topic_name& /*topic*/, std::string_view /*id*/) {}
};

/// These partition numbers are ours from now on. Answered by `member::accept`.
struct assigned {
  std::vector<partition_id> partitions;
};
/// Give these back. Processing may go on until `process_until` (a later answer helps nobody); then close their sources,
/// commit, and `release` them.
struct revoked {
  std::vector<partition_id> partitions;
  clock::time_point process_until;
};
/// These are already somebody else's: close their sources, commit nothing, and `release` them.
struct lost {
  std::vector<partition_id> partitions;
};
/// The group can be reached, or not; informative.
struct connection_changed {
  bool connected = false;
  std::string reason;
};
using member_event = std::variant<assigned, revoked, lost, connection_changed>;

struct member_options {
  group_name group;
  /// The first input in name order: its partition numbers are the leases.
  topic_name driver;
  /// Read beside the driver, by the same number: other inputs and the loop. Members that share by range
  /// subscribe to all.
  std::vector<topic_name> beside;
  corka::membership protocol = corka::membership::lease;
  /// Static membership: empty, or a name that is unique within the group and the same after a restart.
  std::string instance_id;
  std::string client_id;
  /// Dead members are noticed after this; classic protocols only.
  std::chrono::milliseconds session_timeout{6'000};
  std::chrono::milliseconds heartbeat_interval{500};
  /// The longest a rebalance waits for this member, and the longest it may go without polling.
  std::chrono::milliseconds max_poll_interval{300'000};
  /// Passed through to the transport, last (librdkafka's property names).
  std::map<std::string, std::string> properties;
};

/// One member of a consumer group.
///
/// Strand: everything but `open` on the executor given to `cluster::join`. Life: `close` before destruction. Events
/// come one after another: the next one is handed out only when the last one that needs an answer has been answered.
/// Cancellation: `next` and `commit` support total.
struct member : record_reader {
  /// Awaits the next event. @throws error{errc::duplicate_instance, errc::unauthorized, errc::topic_unknown, ...} when
  /// membership has ended for good; error{errc::stopped} after close.
  [[nodiscard]] virtual task<member_event> next() = 0;
  /// The name that the group knows this membership by, as in `admin::members`; empty while there is none. Another one
  /// after it was lost and begun anew.
  [[nodiscard]] virtual std::string id() const = 0;

  /// Committed positions of the group, in the order asked; nothing where none was committed.
  [[nodiscard]] virtual task<std::vector<std::optional<offset>>> committed(std::vector<topic_partition> of) = 0;

  /// Answers `assigned`: `starts` says where each topic of the numbers will be read from, so that fetching begins at
  /// once. Sources of these are then had by `open` with the same offset.
  virtual void accept(const assigned& event, const std::vector<position>& starts) = 0;
  /// Answers `revoked` or `lost`; every source of these numbers has been destroyed, also those of other topics.
  virtual void release(const std::vector<partition_id>& partitions) = 0;

  /// Commits positions. Returns a code rather than throwing: errc::rebalance_in_progress (keep and send again),
  /// errc::not_assigned (drop), errc::broker_unavailable (keep and send again).
  [[nodiscard]] virtual task<std::error_code> commit(std::vector<position> positions) = 0;

  /// Leaves the group, answering whatever is open, at most until `deadline`. Idempotent. `next` then throws.
  [[nodiscard]] virtual task<> close(clock::time_point deadline) = 0;
};

/// Outcome of one sent record.
struct delivery_report {
  std::uint64_t tag = 0;
  offset at;  ///< where it is now, if `failed` is empty
  std::error_code failed{};
};

/// Takes delivery reports, batch-wise, on whatever thread the transport has: enqueue and wake, nothing else.
struct delivery_sink {
  virtual ~delivery_sink() = default;
  virtual void delivered(std::span<const delivery_report> reports) noexcept = 0;
};

/// A topic to write to: known to exist, its metadata warm.
struct output_topic {
  virtual ~output_topic() = default;
  [[nodiscard]] virtual const topic_name& topic() const noexcept = 0;
  [[nodiscard]] virtual std::int32_t partitions() const noexcept = 0;
};

/// Registration of a sink with a producer.
using sink_id = std::uint16_t;

/// What to send. Views are copied before `send` returns.
struct outgoing {
  partition_id partition;
  std::string_view key;
  std::string_view value;
  bool tombstone = false;
  std::int64_t timestamp_ms = -1;  ///< -1: now
  std::span<const header_view> headers{};
};

struct producer_options {
  std::string client_id;
  /// How long records may wait for company in one request: larger is cheaper, smaller is sooner.
  std::chrono::milliseconds linger{5};
  /// Records and bytes that may be on their way before `congested()` says so.
  std::size_t buffer_records = 50'000;
  std::size_t buffer_bytes = 64U << 20U;
  std::map<std::string, std::string> properties;
};

/// Writes records, idempotently and with acks from all replicas in sync.
///
/// Threads: `send`, `congested`, `attach`, `detach` any; the rest on the executor given at creation. Order: records
/// sent to one partition by one thread are written in that order. Life: `close` before destruction.
struct producer {
  virtual ~producer() = default;

  /// @throws error{errc::topic_unknown}.
  [[nodiscard]] virtual task<std::shared_ptr<output_topic>> topic(topic_name name) = 0;

  /// At most 65,535 sinks at a time.
  [[nodiscard]] virtual sink_id attach(std::shared_ptr<delivery_sink> sink) = 0;
  /// Reports for it are dropped from now on; one may still be under way on another thread, which is why sinks are
  /// shared.
  virtual void detach(sink_id id) noexcept = 0;

  /// Takes the record and returns at once, always: what the transport has no room for is kept here. Exactly one report
  /// with `tag` (< 2^48) follows.
  virtual void send(const output_topic& to, const outgoing& what, sink_id sink, std::uint64_t tag) = 0;
  /// More is under way than the options' buffer: start no new work until the sink hears of deliveries. Who has nothing
  /// under way itself goes on: it would hear of none.
  [[nodiscard]] virtual bool congested() const noexcept = 0;

  /// Ends lingering: what is buffered is sent now. Never waits.
  virtual void hurry() noexcept = 0;
  /// Waits until everything sent so far is reported, at most until `deadline`; then fails what is left. Ends the
  /// producer.
  [[nodiscard]] virtual task<> close(clock::time_point deadline) = 0;
};

/// A topic as the cluster describes it.
struct topic_description {
  topic_name topic;
  bool exists = false;
  /// Changes when a topic is deleted and made again; empty if the cluster has no ids.
  std::string id;
  std::int32_t partitions = 0;
  std::int16_t replication = 0;
};

/// A topic to make.
struct new_topic {
  topic_name topic;
  std::int32_t partitions = 1;
  std::int16_t replication = -1;  ///< -1: the cluster's default
  std::map<std::string, std::string> config;
};

/// A member as its group's coordinator describes it.
struct member_description {
  std::string id;           ///< of this membership
  std::string instance_id;  ///< empty: not static
  std::string client_id;
  std::vector<topic_partition> holds;  ///< of the topics that it subscribes to

  friend bool operator==(const member_description&, const member_description&) = default;
};

/// Settings of a topic by Kafka's names ("cleanup.policy": "compact"), defaults included.
using topic_settings = std::map<std::string, std::string>;

/// Questions and orders to the cluster. Strand: the executor given at creation.
struct admin {
  virtual ~admin() = default;

  /// One description for each name, in order; `exists` is false for unknown ones. Never creates a topic.
  [[nodiscard]] virtual task<std::vector<topic_description>> describe(std::vector<topic_name> topics) = 0;
  /// Makes them all and waits until the cluster knows them. One that exists already is not an error (somebody was
  /// faster). Gives those that this call made, in order.
  [[nodiscard]] virtual task<std::vector<topic_name>> create(std::vector<new_topic> topics) = 0;
  /// The settings that are in force, one map for each, in order; an empty one for an unknown topic.
  /// @throws error{errc::unauthorized} where the cluster does not tell us.
  [[nodiscard]] virtual task<std::vector<topic_settings>> settings(std::vector<topic_name> topics) = 0;
  /// The members of a group, in the order of their ids; none where there is no such group. While the group is between
  /// two assignments they may hold nothing.
  [[nodiscard]] virtual task<std::vector<member_description>> members(group_name group) = 0;
  /// First offset and high watermark (not the last stable offset), one for each, in order.
  [[nodiscard]] virtual task<std::vector<offset_range>> offsets(std::vector<topic_partition> of) = 0;
  /// First offset with a timestamp at or after `timestamp_ms`, or the high watermark; one for each, in order.
  [[nodiscard]] virtual task<std::vector<offset>> offsets_at(std::vector<topic_partition> of,
                                                             std::int64_t timestamp_ms) = 0;
};

/// A way to reach one Kafka cluster.
///
/// Threads: any. Life: outlives everything it made.
struct cluster {
  virtual ~cluster() = default;

  /// "embedded" or the bootstrap servers; no secrets.
  [[nodiscard]] virtual std::string name() const = 0;
  [[nodiscard]] virtual std::unique_ptr<member> join(member_options options, executor control) = 0;
  /// Readers, and admins, may share connections, but nothing else: `name` says in logs and faults which one it is.
  [[nodiscard]] virtual std::unique_ptr<record_reader> reader(std::string name, executor control) = 0;
  [[nodiscard]] virtual std::shared_ptr<producer> make_producer(producer_options options, executor control) = 0;
  [[nodiscard]] virtual std::shared_ptr<admin> make_admin(executor control) = 0;
};

}  // namespace corka::kafka
