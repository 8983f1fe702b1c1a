// A member of a consumer group that runs a declaration.
#pragma once

#include <corka/declaration.hpp>
#include <corka/group.hpp>
#include <corka/key_range.hpp>
#include <corka/membership.hpp>
#include <corka/service.hpp>
#include <corka/start_position.hpp>
#include <corka/status.hpp>
#include <corka/topics.hpp>
#include <corka/visit.hpp>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <typeindex>
#include <utility>
#include <vector>

namespace corka {

/// Which missing topics a processor makes when it starts.
enum class topic_creation {
  own,  ///< the group's table and loop; inputs, outputs, joined and looked-up tables must exist
  all,  ///< those too, with `new_topic_partitions`; tables are made compacted
};

struct processor_options {
  // Behaviour
  membership protocol = membership::lease;
  /// Static membership: a name unique within the group and the same after a restart; a restart within `session_timeout`
  /// then moves nothing, and nobody takes over sooner. Empty: dynamic.
  std::string instance_id{};
  /// Where inputs are read from that the group has committed nothing for.
  start_position start = start_position::earliest();
  topic_creation create_topics = topic_creation::own;
  /// Partitions of topics made with topic_creation::all; 1..10'000.
  std::int32_t new_topic_partitions = 4;
  /// Replicas of topics made; -1: the cluster's default.
  std::int16_t replication = -1;
  /// About a table topic that is not compacted, or a loop topic that is or that keeps records for less than
  /// `group_options::loop_retention`. Numbers of partitions that do not fit together are an error always.
  topic_mismatch on_mismatch = topic_mismatch::warn;
  /// How often the group's topics are looked at while it runs: for partitions that were added, and topics that were
  /// deleted and made again. 1 s..1 day.
  std::chrono::milliseconds topic_check_interval{30'000};
  /// A member silent for this long is taken for dead. Not with lease_kip848 and range_kip848.
  std::chrono::milliseconds session_timeout{6'000};
  std::chrono::milliseconds heartbeat_interval{500};
  /// How long a revoked partition, or a stop, may take to finish callbacks, acks and the checkpoint; at most half of
  /// `max_poll_interval`.
  std::chrono::milliseconds revoke_deadline{10'000};
  /// The longest that a rebalance waits for this member.
  std::chrono::milliseconds max_poll_interval{300'000};
  /// Sent with every record that callbacks emit or loop, and with every changelog write, before headers of their own.
  /// The changelog keeps them with each row: mind their size.
  std::vector<header> headers{};
  /// How many other members keep each table partition, own and joined, current on their machines: who takes one over
  /// there reads the changelog's tail only. 0: none; as many as there are other members, or more: all of them keep all.
  /// Every member needs the same number. Who takes a partition over is the group's choice, so with fewer than all it
  /// may be a member that has no copy. Costs disk, and reading each table once more per replica. 0..10'000.
  std::int32_t standby_replicas = 0;
  /// Read all table partitions before joining the group, so that whichever are assigned are current at once.
  bool recover_ahead = false;
  /// Local copies of revoked partitions stay open this long, in case they come back.
  std::chrono::milliseconds store_linger{30'000};
  /// Further properties of librdkafka for this processor's connections.
  std::map<std::string, std::string> kafka_properties{};

  // Performance
  /// How often local copies are brought up to date and offsets are committed: what is processed again after a crash.
  std::chrono::milliseconds commit_interval{1'000};
  /// A partition whose unsaved rows take more than this checkpoints at once. Bytes.
  std::size_t commit_bytes = 32U << 20U;
  /// Records per step and partition; larger favours throughput, smaller favours latency. 1..100'000.
  std::size_t batch_records = 1'000;
  /// Bytes per step and partition; one record is always taken, however large.
  std::size_t batch_bytes = 1U << 20U;
  /// Sent records of one partition that may be unacknowledged before it takes new input.
  std::size_t in_flight_records = 20'000;
  /// Records of one input and partition that may be processed beyond one that is not done yet (a slow key, a deferred
  /// record): processed again after a crash. 16 bytes each.
  std::size_t undone_records = 1'000'000;
  /// Rows of one table partition, own or joined, kept in memory besides the unsaved ones. Bytes.
  std::size_t cache_bytes = 16U << 20U;
  /// How long sent records may wait for company.
  std::chrono::milliseconds linger{5};
};

/// A row of the group table, as bytes.
struct table_row {
  partition_id partition;
  /// The local copy contains at least everything before this.
  offset changelog;
  std::optional<std::string> bytes;  ///< nothing: no such row
  bool standby = false;              ///< another member holds the partition: the row may be older than its
  bool recovering = false;           ///< the copy is still being read: the row may be missing, or older
  /// Changelog records that the copy lacks, as far as is known; 0 where it is neither a standby's nor recovering.
  std::optional<std::int64_t> lag{};
};

/// Where a row may come from.
enum class row_source {
  holder,           ///< the member that holds the partition, or nobody
  standby_as_well,  ///< a standby's copy too, which may lag behind
  any_copy          ///< that, and copies that are still being read, the holder's own among them
};

/// Rows of a group table in key order, as bytes.
struct table_page {
  std::vector<std::pair<std::string, std::string>> rows;
  std::optional<key_range> rest;         ///< where the next page is; nothing: this was the last
  std::vector<partition_id> partitions;  ///< whose rows these are: what this process has of the table
};

/// Runs a group's callbacks for the partitions that this member is given.
///
/// Life: outlives `run`; may be run again. Strand: `run` on a worker of the runtime; partitions spread over all
/// workers. Threads: `stop`, `status`, `row` from any. Cancellation: `stop` finishes what is under way, checkpoints,
/// commits and leaves the group; a second `stop` drops what is under way. Errors: `run` throws what the failure policy
/// `stop` ended on: error with topic, partition and offset; a lost broker is a state, not an error.
class processor final : public service {
 public:
  template <class State, class Codec>
  explicit processor(const group<State, Codec>& runs, processor_options options = {})
      : processor{runs.declared(), std::move(options)} {}
  /// @throws error{errc::invalid_declaration, errc::invalid_option}.
  explicit processor(declaration runs, processor_options options = {});
  ~processor() override;

  [[nodiscard]] task<> run(runtime& on) override;
  void stop() noexcept override;

  /// Returns once this member has partitions and every one of them processes records: tables are read to their ends. A
  /// member that there is no partition for waits until it is given one. Waits for `run` where that has yet to begin,
  /// for the first time or again.
  /// @throws error{errc::stopped} when the processor ends meanwhile, or has failed.
  [[nodiscard]] task<> ready() const;
  /// Returns the state once it is another than `known`.
  [[nodiscard]] task<processor_state> state_after(processor_state known) const;

  /// Runs the visitor `name` over the rows of the group table that this member has, each partition on its own strand,
  /// in key order, in slices between records.
  ///
  /// Rows that are there from the visit's start to its end are visited once each, with the state they have at their
  /// turn, unsaved writes included; rows that are erased before their turn are not visited, rows that are made
  /// meanwhile may be. A callback may read and write its row, emit and loop, as one of an input; what it
  /// writes goes out when it has returned, or awaits an acknowledgement. A failed one ends the visit, not the
  /// processor, and leaves no trace. Partitions that recover are visited when they have; those that are assigned later
  /// are not. Several visits of one partition run one after another.
  ///
  /// Strand: any. Cancellation: of the awaiting coroutine, or `options.cancel`; both return what was done. Order:
  /// writes of a row are acknowledged before it counts as visited.
  /// @throws error{errc::not_declared, errc::invalid_option}; error{errc::not_assigned} if the processor does not run.
  template <class Meta>
  [[nodiscard]] task<visit_result> visit(std::string name, Meta meta, visit_options options = {}) {
    return run_visit(std::move(name), std::make_shared<const Meta>(std::move(meta)), std::type_index{typeid(Meta)},
                     std::move(options));
  }

  /// The same with what every call gets as JSON text; for visitors whose Meta has conversions from nlohmann's.
  /// @throws error{errc::not_declared} also where it has none; error{errc::invalid_option} where the text is none.
  [[nodiscard]] task<visit_result> visit_by_json(std::string name, std::string meta, visit_options options = {});

  [[nodiscard]] const declaration& declared() const noexcept;
  [[nodiscard]] const processor_options& options() const noexcept;
  [[nodiscard]] processor_status status() const;
  /// The row of `key`, own unacknowledged writes included; from a standby's copy, as far as that has come.
  /// @throws error{errc::not_assigned} where another member has the partition; error{errc::not_recovered}.
  [[nodiscard]] task<table_row> row(std::string key, row_source from = row_source::holder) const;
  /// The same where it takes no waiting, because the local copy has everything; else nothing, also for what `row`
  /// throws.
  [[nodiscard]] std::optional<table_row> row_at_once(std::string_view key) const;
  /// A page of at most `limit` rows, 1..10'000, of the partitions that this process has, own unacknowledged writes
  /// included. Partitions that are being read are left out.
  /// @throws error{errc::not_declared} where the group has no table; error{errc::not_assigned} where nothing runs here.
  [[nodiscard]] task<table_page> rows(key_range which, std::size_t limit = 1'000) const;

 private:
  [[nodiscard]] task<visit_result> run_visit(std::string name, std::shared_ptr<const void> meta, std::type_index type,
                                             visit_options options);

  class impl;
  std::shared_ptr<impl> impl_;
};

}  // namespace corka
