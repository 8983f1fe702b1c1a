// Brings the local copy of one table partition up to its changelog.
#pragma once

#include "async/execution.hpp"
#include "async/signal.hpp"
#include "kafka/ports.hpp"
#include "store/store.hpp"
#include "table/background_writer.hpp"
#include "table/change_batch.hpp"
#include "table/record_intake.hpp"
#include "table/recovery_fsm.hpp"
#include "table/recovery_memory.hpp"
#include "table/recovery_progress.hpp"

#include <corka/log.hpp>
#include <corka/table_update.hpp>
#include <corka/task.hpp>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>

namespace corka::tables {

/// Kafka's delete.retention.ms.
inline constexpr std::chrono::milliseconds erasures_kept_by_default = std::chrono::hours{24};

struct recovery_options {
  /// Records and memory of one batch; two of them are in use at a time. Larger ones make fewer passes over a large
  /// table.
  std::size_t batch_records = 200'000;
  std::size_t batch_bytes = std::size_t{32} << 20U;
  /// What all recoveries of the process share: batches are smaller while there are many. Null: only the above counts.
  recovery_memory* shared = nullptr;
  /// How long the changelog keeps tombstones after they were compacted (delete.retention.ms); a local copy that is
  /// older may have missed some and is dropped. 0: for ever.
  std::chrono::milliseconds erasures_kept = erasures_kept_by_default;
  /// Set: the recovery ends where this begins (see `changelog::left`).
  std::optional<tail> left{};
  /// What is stored for a record; its name is part of the identity that the recovery is given (copied_as).
  update_rule update{};
  /// Looks at the keys; may be empty.
  record_intake::key_check look{};
};

/// What a topic's settings say of `erasures_kept`; Kafka's default where they say nothing.
[[nodiscard]] std::chrono::milliseconds erasures_kept_by(const kafka::topic_settings& of);
/// The same, asked for: of each topic, in order. Kafka's default where the cluster does not tell us.
[[nodiscard]] task<std::vector<std::chrono::milliseconds>> erasures_kept_by(kafka::admin& admin,
                                                                            std::vector<topic_name> topics);

struct recovered {
  /// Where the changelog goes on; the store stands there.
  offset changelog;
  std::uint64_t records = 0;
  /// Why the local copy was dropped, if it was.
  std::string why_dropped;
  /// Wall time at which the end was known that it has reached: what was erased before that is not in the copy.
  std::int64_t complete_ms = 0;
};

/// One recovery of one table partition.
///
/// Life: one `run`; what it is given outlives it. Strand: `run` on the strand that it is awaited on. Threads:
/// `progress` any. Cancellation: `run` supports total; it ends when the batch that is being written is written, and the
/// next recovery continues there. Errors: error{errc::store_failed, errc::topic_unknown}; a lost broker is no error: it
/// waits.
class table_recovery {
 public:
  /// `available` is what the changelog held when the recovery was decided upon: it ends there, or later.
  table_recovery(async::execution& threads, kafka::record_reader& reader, store::table_store& to, store::identity table,
                 offset_range available, logger log, recovery_options options = {});
  table_recovery(const table_recovery&) = delete;
  table_recovery& operator=(const table_recovery&) = delete;
  ~table_recovery();

  [[nodiscard]] task<recovered> run();
  [[nodiscard]] const recovery_progress& progress() const noexcept { return progress_; }

 private:
  task<> carry_out();
  task<recovery_fsm::action> wipe(std::string why);
  task<recovery_fsm::action> fetch(offset from);
  task<recovery_fsm::action> begin_again();
  task<> fill();
  void leave_the_rest();
  [[nodiscard]] recovery_fsm::action start(offset_range available);
  [[nodiscard]] bool batch_is_full() const;
  [[nodiscard]] bool changelog_moved() const;
  void open_source(offset from);

  async::execution& threads_;
  kafka::record_reader& reader_;
  store::table_store& store_;
  store::identity table_;
  offset_range available_;
  logger log_;
  recovery_options options_;

  record_intake intake_;
  recovery_fsm fsm_;
  recovery_progress progress_;
  std::optional<recovery_memory::seat> memory_;  // while it runs
  std::unique_ptr<kafka::record_source> source_;
  offset source_at_;
  std::optional<async::signal> arrived_;
  std::optional<background_writer> writer_;
  std::unique_ptr<change_batch> batch_ = std::make_unique<change_batch>();
  kafka::record_batch polled_;
  recovered result_;
  int begun_again_ = 0;
  /// Every erasure that the changelog kept at this time is, or will be, seen; 0: not known.
  std::int64_t complete_since_ms_ = 0;
  std::int64_t begun_ms_ = 0;  // when `available_` was true
};

}  // namespace corka::tables
