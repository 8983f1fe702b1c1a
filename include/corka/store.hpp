// The seam to local storage: one table partition's rows on this machine. For programs that keep them in a store of
// their own; `runtime_options::stores` takes its factory.
#pragma once

#include <corka/ids.hpp>

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace corka::store {

/// What a local copy is a copy of. A copy with another identity is not this table's.
struct identity {
  std::string topic;
  std::string topic_id;  ///< empty where the cluster has no topic ids: then not compared
  std::int32_t partition = 0;
  std::string codec;

  friend bool operator==(const identity&, const identity&) = default;
};

/// Where a local copy stands; written in the same transaction as the rows.
struct checkpoint {
  /// Next offset of the changelog to be applied.
  offset changelog;
  /// Next input offsets at that moment, by topic; informative for at least once, decisive for exactly once.
  std::vector<std::pair<std::string, offset>> inputs;
  /// Wall time (clock::wall_ms) as of which the copy has, or goes on to read, every erasure; 0 where unknown: a copy
  /// that is older than the changelog keeps erasures may have missed some.
  std::int64_t written_ms = 0;

  friend bool operator==(const checkpoint&, const checkpoint&) = default;
};

/// One row to be written or, if `erase`, removed.
struct change {
  std::string_view key;
  std::string_view value;
  bool erase = false;
};

/// Called with a row; views valid during the call only. False ends an iteration.
using row_visitor = std::function<bool(std::string_view key, std::string_view value)>;

/// An unchanging view of the rows. Hold it briefly: an open snapshot keeps old pages alive.
struct snapshot {
  virtual ~snapshot() = default;
  /// View valid until the snapshot is destroyed.
  [[nodiscard]] virtual std::optional<std::string_view> get(std::string_view key) const = 0;
  /// Rows with from <= key < to in byte order of the keys; an absent `to` means to the end; `reverse` visits from the
  /// end.
  virtual void range(std::string_view from, std::optional<std::string_view> to, bool reverse,
                     const row_visitor& visit) const = 0;
};

struct store_stats {
  std::uint64_t rows = 0;
  std::uint64_t bytes_used = 0;  ///< by rows, on disk or in memory
  std::uint64_t map_bytes = 0;   ///< address space kept for the rows, which grows with them; 0: there is no such thing
  /// How many `apply` the oldest open snapshot does not see, which keeps the room of what they replaced; 0: there is
  /// none, or it sees all. Nothing: this store does not tell.
  std::optional<std::uint64_t> oldest_reader{};
};

/// Rows of one table partition.
///
/// A local copy is a cache of a topic: losing it costs time, never data. What it must not do is to be wrong: after
/// whatever happened, rows and checkpoint are those of one `apply`, or there is nothing.
///
/// Keys and values are any bytes of any length, also none; order is the order of the keys' bytes (unsigned, shorter
/// first).
/// Life: closed before it is destroyed, or dropped as by a crash; snapshots may outlive both. Threads: one writer
/// (`apply`, `clear`, `close`) and any number of readers at the same time, none of them always the same thread: what a
/// call does, it does before it returns. `apply` of large batches comes from threads that may block, small ones and
/// `get` also from the workers: a call that takes more than a few milliseconds holds up other partitions. Errors:
/// error{errc::store_failed} (<corka/error.hpp>), which ends whatever used it.
struct table_store {
  virtual ~table_store() = default;

  /// What the local copy is of; nothing in a new or cleared store.
  [[nodiscard]] virtual std::optional<identity> is_copy_of() const = 0;
  /// Nothing before the first `apply`.
  [[nodiscard]] virtual std::optional<checkpoint> last_checkpoint() const = 0;

  /// Writes all changes, the identity and the checkpoint, or nothing. `changes` are sorted by key, each key once; there
  /// may be none; an erased key need not exist. Snapshots that are open do not see it.
  virtual void apply(std::span<const change> changes, const identity& of, const checkpoint& at) = 0;
  /// Removes rows, identity and checkpoint.
  virtual void clear() = 0;

  /// Calls `found(i, value)` for each of the sorted `keys` that has a row; the view is valid during the call.
  virtual void get(std::span<const std::string_view> sorted_keys,
                   const std::function<void(std::size_t i, std::string_view value)>& found) const = 0;
  /// The rows as they are now. May be destroyed on another thread.
  [[nodiscard]] virtual std::unique_ptr<snapshot> read() const = 0;
  /// Cheap: asked after each batch.
  [[nodiscard]] virtual store_stats stats() const = 0;

  /// Ends cleanly: the copy can be trusted also after the machine restarts. Blocks for as long as a sync takes.
  /// Idempotent; without it the copy can be trusted as long as the machine keeps running. What is called afterwards
  /// fails, and the folder can be opened again.
  virtual void close() = 0;
};

struct opened {
  std::unique_ptr<table_store> store;
  std::string why_dropped;  ///< for the log; empty where nothing was dropped
};

/// Opens the store in a folder, making it if missing.
///
/// A copy that cannot be trusted (machine crashed, file damaged, newer format) is dropped and opened empty;
/// `why_dropped` then says why. Only a folder that cannot be written is an error. Each folder is open once at a time,
/// and corka holds a lock on the whole state directory. The folder may hold files of another kind of store: its name
/// says nothing of that. Errors: error{errc::store_failed}; error{errc::store_in_use} for a folder that is open.
/// Threads: `open` any, several at once for different folders.
struct store_factory {
  virtual ~store_factory() = default;
  [[nodiscard]] virtual opened open(const std::filesystem::path& folder) = 0;
  /// Name for logs and pages: "lmdb", "memory"; valid as long as the factory.
  [[nodiscard]] virtual std::string_view kind() const noexcept = 0;
};

}  // namespace corka::store
