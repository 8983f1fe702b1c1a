// What a running program says about itself: plain values, taken without stopping anything.
#pragma once

#include <corka/ids.hpp>
#include <corka/visit.hpp>

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace corka {

/// A processor's life.
enum class processor_state {
  idle,      ///< not run yet, or ended
  starting,  ///< asks for topics, joins the group
  running,   ///< a member; has the partitions it was given, perhaps none
  stopping,  ///< finishes what is under way
  failed,    ///< ended with an error
};

/// A partition's life within a processor.
enum class partition_state {
  recovering,  ///< reads its table's changelog
  running,     ///< processes records
  draining,    ///< is being given back: no new records, waits for acks
  failed,      ///< its error ends, or has ended, the processor
};

[[nodiscard]] std::string_view to_string(processor_state s) noexcept;
[[nodiscard]] std::string_view to_string(partition_state s) noexcept;

/// Counts and sizes since the partition was assigned.
struct traffic {
  std::uint64_t records = 0;
  std::uint64_t bytes = 0;
};

/// One input, or the loop, of one partition.
struct input_status {
  std::string topic;
  offset processed;                 ///< next record to be given to a callback
  offset committed;                 ///< committed to the group; below it everything is done
  std::optional<offset> end;        ///< high watermark as last heard; unknown before the first fetch
  std::optional<std::int64_t> lag;  ///< end - committed; unknown is not zero
  traffic in;
  /// Age of the record that is processed, or was the last, where others wait behind it; 0 where none does; unknown
  /// where nothing was processed yet, or the record has no timestamp. Grows also while nothing moves.
  std::optional<std::chrono::milliseconds> lag_time{};
  /// Only of the loop: how long its records are kept. What lags behind longer is deleted unprocessed.
  std::optional<std::chrono::milliseconds> retention{};
};

/// Recovery of one table partition.
struct recovery_status {
  offset position;
  offset end;
  std::uint64_t records = 0;
  std::chrono::milliseconds elapsed{0};
  std::string reason;  ///< why the local copy was dropped, if it was
  /// How long it will take from now on at the rate so far; 0 once it is done, unknown before anything was read.
  std::optional<std::chrono::milliseconds> remaining{};
};

/// Table partition held by this process.
struct table_status {
  std::string topic;
  std::uint64_t rows = 0;                    ///< in the store, as of the last checkpoint
  std::uint64_t bytes = 0;                   ///< used by the store
  std::uint64_t dirty_rows = 0;              ///< written, not yet in the store
  offset changelog;                          ///< next changelog offset that the local copy has not
  traffic written;                           ///< to the changelog
  std::optional<recovery_status> recovery;   ///< the last one
  std::optional<std::uint64_t> map_bytes{};  ///< address space that the store has now; grows with it
  /// Since the last checkpoint that wrote rows; nothing: there was none yet.
  std::optional<std::chrono::milliseconds> checkpoint_age{};
  /// Checkpoints that the oldest reader of the store does not see, as of the last one: the room of what they replaced
  /// is not used again before it ends. 0: no reader is behind; nothing: the store does not tell.
  std::optional<std::uint64_t> oldest_reader{};
};

/// A local copy's life while it follows its topic.
enum class copy_state {
  idle,        ///< not followed now
  waiting,     ///< the cluster does not answer, or the topic is gone
  recovering,  ///< reads up to the topic's end
  following,   ///< has everything up to `position`, and goes on
};
[[nodiscard]] std::string_view to_string(copy_state s) noexcept;

/// A local copy of one partition of a table that somebody else writes.
struct copy_status {
  std::string topic;
  std::int32_t partition = 0;
  copy_state state = copy_state::idle;
  std::uint64_t rows = 0;
  std::uint64_t bytes = 0;                  ///< used by the store
  offset position;                          ///< next record to be applied
  std::optional<offset> end;                ///< high watermark as last heard
  std::optional<std::int64_t> lag;          ///< end - position; unknown is not zero
  traffic in;                               ///< read since the start, recoveries included
  std::uint64_t written = 0;                ///< rows changed or erased while following
  std::uint64_t recoveries = 0;             ///< also those that a cut or renewed topic made necessary
  std::optional<recovery_status> recovery;  ///< the last one
  /// Since when the copy may lack something: the time since it was last known to have all there was. The cluster is
  /// asked every few seconds, so a copy that has everything is that old at most; one that is cut off gets older and
  /// older. Unknown before it had everything for the first time.
  std::optional<std::chrono::milliseconds> lag_time{};
};

/// A whole table's life in this process.
enum class view_state {
  idle,          ///< not run yet, or ended
  connecting,    ///< has not heard of the cluster yet
  recovering,    ///< some partitions are still being read
  running,       ///< every partition is current
  disconnected,  ///< the cluster does not answer, or the topic is gone: what is there can be read
  failed,        ///< ended with an error
};
[[nodiscard]] std::string_view to_string(view_state s) noexcept;

/// A local copy of all partitions of a table.
struct view_status {
  std::string name;
  std::string topic;
  view_state state = view_state::idle;
  std::string reason;  ///< of `disconnected` and `failed`
  std::chrono::seconds uptime{0};
  std::uint64_t rows = 0;
  std::uint64_t bytes = 0;
  std::optional<std::int64_t> lag;  ///< of all partitions; nothing where that of one is not known
  std::vector<copy_status> partitions;
};

/// Upper bounds of latency_status::buckets, in microseconds.
inline constexpr std::array<double, 25> latency_bounds_us{1,   2,   5,   1e1, 2e1, 5e1, 1e2, 2e2, 5e2,
                                                          1e3, 2e3, 5e3, 1e4, 2e4, 5e4, 1e5, 2e5, 5e5,
                                                          1e6, 2e6, 5e6, 1e7, 2e7, 5e7, 1e8};

/// Latencies in microseconds.
struct latency_status {
  std::uint64_t count = 0;
  double p50 = 0;
  double p95 = 0;
  double p99 = 0;
  double max = 0;
  double sum = 0;
  /// How many there were up to each bound and above the one before; the last: above all bounds.
  std::array<std::uint64_t, latency_bounds_us.size() + 1> buckets{};
};

/// What became of records that failed, since the partition was assigned.
struct failure_status {
  std::uint64_t failed = 0;         ///< failures: one record may fail several times
  std::uint64_t retried = 0;        ///< further calls
  std::uint64_t skipped = 0;        ///< records passed over
  std::uint64_t dead_lettered = 0;  ///< records put aside
};

/// What was emitted to one output, or the loop.
struct output_status {
  std::string topic;
  traffic out;
};

struct partition_status {
  std::int32_t partition = 0;
  partition_state state = partition_state::recovering;
  std::size_t worker = 0;
  std::vector<input_status> inputs;
  std::optional<table_status> table;
  std::vector<copy_status> joins;  ///< in the order declared
  traffic emitted;
  std::vector<output_status> outputs{};  ///< the same by topic, in the order declared, the loop last
  std::uint64_t in_flight = 0;           ///< sends that are not acknowledged, and deferred records
  std::uint64_t running = 0;             ///< callbacks that have begun and not ended; only with concurrency
  std::uint64_t deferred = 0;            ///< handles of ctx.defer() that are not completed
  failure_status failures;
  latency_status callback;
  latency_status ack;
  latency_status checkpoint;
  /// From a record's timestamp to the end of its callback; one record a batch is looked at.
  latency_status end_to_end{};
  std::uint64_t rewinds = 0;  ///< how often it went back to its last commit and began again
  std::string last_error;
};

/// A visit that runs.
struct visit_status {
  std::string visitor;
  visit_progress progress;
};

/// The group moved partitions to this member, or away from it.
struct rebalance_status {
  enum class kind { assigned, revoked, lost };
  kind what = kind::assigned;
  std::int64_t began_ms = 0;  ///< wall time
  std::chrono::milliseconds took{0};
  std::vector<std::int32_t> partitions;
};
[[nodiscard]] std::string_view to_string(rebalance_status::kind k) noexcept;

/// What a group reads or writes.
struct edge_status {
  enum class kind { input, loop, table, join, lookup, output, dead_letters };
  kind what = kind::input;
  std::string topic;
  std::string codec;  ///< empty for dead letters
};
[[nodiscard]] std::string_view to_string(edge_status::kind k) noexcept;

struct processor_status {
  std::string group;
  std::string member{};  ///< what the group knows it by, as in its description; empty: it is not in the group
  processor_state state = processor_state::idle;
  bool connected = false;
  std::string error;  ///< why it failed
  std::int32_t partitions_total = 0;
  std::chrono::seconds uptime{0};
  std::uint64_t rebalances = 0;
  std::vector<rebalance_status> rebalance_history{};  ///< the last 50, the newest last
  /// What is wrong and does not end it, each with its cure: an input that has grown.
  std::vector<std::string> problems;
  std::vector<partition_status> partitions;  ///< those of this process, by number
  std::vector<view_status> lookups;          ///< the whole tables, in the order declared
  std::vector<copy_status> standbys;         ///< table partitions kept current here while other members hold them
  std::vector<visit_status> visits;
  /// The declaration: one line an edge ("input clicks: json").
  std::vector<std::string> topology;
  std::vector<edge_status> edges{};  ///< the same for programs
};

}  // namespace corka
