// Keeps the local copy of one table partition current.
#pragma once

#include "async/backoff.hpp"
#include "async/event.hpp"
#include "async/execution.hpp"
#include "async/signal.hpp"
#include "async/strand_check.hpp"
#include "async/task_group.hpp"
#include "async/wake_list.hpp"
#include "kafka/ports.hpp"
#include "store/store.hpp"
#include "table/change_batch.hpp"
#include "table/change_finder.hpp"
#include "table/follow_counts.hpp"
#include "table/record_intake.hpp"
#include "table/table_listener.hpp"
#include "table/table_recovery.hpp"

#include <corka/log.hpp>
#include <corka/status.hpp>
#include <corka/task.hpp>

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace corka::tables {

/// A changelog partition as the cluster describes it now.
struct changelog_now {
  std::string topic_id;  ///< empty where the cluster has no topic ids
  offset_range available;
  /// As recovery_options::erasures_kept; nothing: as before.
  std::optional<std::chrono::milliseconds> erasures_kept{};
};

/// Asks the cluster; awaited on the follower's strand. Throws as kafka::admin does.
using changelog_inquiry = std::function<task<changelog_now>(topic_partition of)>;

struct follower_options {
  /// Of the first recovery, and of later ones; the update rule holds for what is followed too.
  recovery_options recovery{};
  /// Larger batches are written on the blocking pool, smaller ones on the strand: a hop there and back takes about as
  /// long as this many rows.
  std::size_t inline_rows = 32;
  std::size_t inline_bytes = std::size_t{16} << 10U;
  /// The listener is told of each change before the store has it, and the store is written once it is done with them.
  /// What the first recovery reads belongs to them from `recovery.left` on, and that of a later one where it goes on
  /// with the copy; a copy that is read anew tells nothing.
  bool announces = false;
  /// Woken when the follower's state changes or it has ended; may be nothing.
  async::wake_list* state_changed = nullptr;
};

/// Recovers the copy, then applies what arrives, batch by batch, until it is stopped.
///
/// A batch is one store transaction with the changelog offset it reaches. Readers read the store, from any thread, and
/// see a batch whole or not at all; while a recovery runs they see the table as it was at some earlier offset, and
/// during one from the start an incomplete one (`is_current` tells).
///
/// A lost broker and a deleted topic are waited for. A changelog that was cut, or made anew, beneath the copy is
/// recovered from again, which drops the copy where it has to, and says so in the log; so is one that goes on after the
/// copy lacked something for longer than erasures are kept, as some may be gone by then.
///
/// Life: one `run`, which ends before destruction; what it is given outlives it. The caller opens the store and, after
/// `run`, closes it; meanwhile the follower alone writes it. Strand: `strand`, for every member but those marked.
/// Cancellation: `run` supports total, and ends once what is being written is written; `stop` does the same.
/// Errors: error{errc::store_failed, errc::callback_failed, errc::unauthorized}; error{errc::topic_unknown} where the
/// topic was never there.
class table_follower {
 public:
  /// `table` without its topic id, which is asked for; `codec` without the update rule.
  table_follower(async::execution& threads, executor strand, kafka::record_reader& reader, store::table_store& to,
                 store::identity table, changelog_inquiry ask, logger log, follower_options options = {},
                 table_listener* listener = nullptr);
  table_follower(const table_follower&) = delete;
  table_follower& operator=(const table_follower&) = delete;
  ~table_follower();

  /// `known` saves the first inquiry. Returns after `stop`, also where that came first.
  [[nodiscard]] task<> run(std::optional<changelog_now> known = {});
  void stop();

  /// Returns once the copy is current, at once if it is. Any thread. @throws error{errc::stopped} when `run` has ended.
  [[nodiscard]] task<> ready();
  /// Returns once the copy has all that there was when its last recovery began: with a tail that is announced later
  /// than `ready`. Any thread. @throws error{errc::stopped} when `run` has ended.
  [[nodiscard]] task<> caught_up();
  /// Returns once the record at `at` is in the store. Any thread. @throws error{errc::stopped} when `run` has ended.
  [[nodiscard]] task<> applied(offset at);
  /// Removes a row from the copy alone; the next record of its key brings it back. Waits for the copy to be current.
  /// The listener hears nothing of it. @throws error{errc::stopped}.
  [[nodiscard]] task<> evict(std::string key);
  /// What the cluster said just now: true lag while nothing arrives, a topic that was made anew under the same name,
  /// and that an idle copy is complete as of now. To be called now and then by who asks for many partitions at once.
  void cluster_says(const changelog_now& now);

  /// Recovered, and not being recovered again. Any thread.
  [[nodiscard]] bool is_current() const noexcept { return current_; }
  /// Next record to be applied, as of the last batch. Any thread.
  [[nodiscard]] offset position() const noexcept { return offset{counts_.position}; }
  /// End of the changelog as last heard, -1 before. Any thread.
  [[nodiscard]] offset known_end() const noexcept { return offset{counts_.end}; }
  /// Any thread.
  [[nodiscard]] copy_status status() const;
  [[nodiscard]] const topic_partition& where() const noexcept { return where_; }
  [[nodiscard]] executor strand() const noexcept { return strand_; }

 private:
  struct eviction {
    std::string key;
    async::event* done;
  };

  task<> work(std::optional<changelog_now> known);
  task<changelog_now> find();
  task<bool> recover(changelog_now log);
  task<> follow();
  task<> apply();
  void evict_pending();
  void write(const store::checkpoint& at);
  task<> announce(offset next);
  void reached(offset position);
  void now(copy_state state, bool current);
  void save_position();
  void heard_of_end(offset high);
  void complete_as_of(std::int64_t wall_ms);
  [[nodiscard]] bool may_lack_erasures() const;
  template <class Holds>
  task<bool> until(Holds holds);
  [[nodiscard]] error not_followed() const;
  void measure_store();

  async::execution& threads_;
  executor strand_;
  async::strand_check check_;
  kafka::record_reader& reader_;
  store::table_store& store_;
  store::identity table_;
  topic_partition where_;
  changelog_inquiry ask_;
  logger log_;
  follower_options options_;
  table_listener* listener_;

  record_intake intake_;
  follow_counts counts_;
  std::unique_ptr<kafka::record_source> source_;
  kafka::record_batch polled_;
  change_batch batch_;
  std::span<const store::change> rows_;  // of batch_, sorted
  change_finder found_;                  // for the listener

  async::task_group children_;
  async::signal arrived_;
  async::backoff again_;
  async::wake_list moved_;  // the position, or the state
  std::vector<eviction> evictions_;
  offset saved_;                  // where the store stands
  std::int64_t complete_ms_ = 0;  // as store::checkpoint::written_ms
  std::int64_t saved_ms_ = 0;
  /// An end that was ahead of the copy, and when it was heard: a copy that is always a little behind reaches it too.
  struct heard_end {
    offset at{-1};
    std::int64_t wall_ms = 0;
  } ahead_;
  std::atomic<bool> current_{false};
  std::atomic<bool> caught_up_{false};
  offset end_at_recovery_;
  bool changes_known_ = false;
  bool ever_current_ = false;
  bool begin_again_ = false;
  bool confirm_ = false;
  bool slow_ = false;  // the store waits for the disk: write on the pool
  bool stopped_ = false;
  std::atomic<bool> ended_{false};
};

}  // namespace corka::tables
