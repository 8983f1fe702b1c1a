// Local copies of all partitions of a table.
#pragma once

#include "async/event.hpp"
#include "async/execution.hpp"
#include "async/signal.hpp"
#include "async/task_group.hpp"
#include "async/wake_list.hpp"
#include "kafka/ports.hpp"
#include "store/store.hpp"
#include "table/row_pages.hpp"
#include "table/scatter_mark.hpp"
#include "table/table_follower.hpp"
#include "table/table_listener.hpp"

#include <corka/log.hpp>
#include <corka/partitioner.hpp>
#include <corka/status.hpp>
#include <corka/task.hpp>

#include <atomic>
#include <cstddef>
#include <exception>
#include <filesystem>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace corka::tables {

/// What a whole table needs, shared with others. Outlives it.
struct table_surroundings {
  async::execution* threads = nullptr;
  std::shared_ptr<kafka::record_reader> reader;
  std::shared_ptr<kafka::admin> admin;  ///< of the strand that `run` is awaited on
  store::store_factory* stores = nullptr;
  /// Its partitions' folders are made in here; nobody else has it.
  std::filesystem::path folder;
  /// Spreads partitions over workers: the next one to be given out.
  std::atomic<std::size_t>* next_worker = nullptr;
  logger log;
};

struct whole_table_options {
  /// Rows may be read before they are current, also from what an earlier run left behind, also with no cluster there.
  bool stale_reads = false;
  follower_options following{};
};

/// Follows every partition of a topic, each on a worker of its own, and reads them as one table.
///
/// The cluster is asked now and then: for whether it is there, for the ends (true lag), for a topic made anew, and for
/// more partitions, which are then followed too.
///
/// A topic that has grown, or is written by somebody who partitions otherwise, is scattered: rows of a key may be in
/// any partition. Once that is noticed, also by an earlier run, a key that has no row in its own partition is looked
/// for in all of them, so that `find` knows every row that `rows` shows.
///
/// Life: shared; one `run`. Awaits on it keep it; opened stores end with `run`. Strand: `run` on the strand it is
/// awaited on. Threads: everything else any. Cancellation: `run` by `stop` only; waits support total.
/// Errors: `run` throws what ended it: error{errc::store_failed, errc::callback_failed,
/// errc::unauthorized}; a lost broker is a state.
class whole_table : public std::enable_shared_from_this<whole_table> {
 public:
  /// `listener`, if any, outlives it and is called on all partitions' strands, at the same time.
  whole_table(table_surroundings with, topic_name topic, partitioner by, std::string codec,
              whole_table_options options = {}, table_listener* listener = nullptr);
  whole_table(const whole_table&) = delete;
  whole_table& operator=(const whole_table&) = delete;
  ~whole_table();

  [[nodiscard]] task<> run();
  /// Idempotent; before `run` it makes that return at once.
  void stop() noexcept;

  /// Calls `found(value)` if the key has a row; the view is valid during the call. May read from the disk. Of several
  /// rows of a scattered table that in the key's own partition counts, else the first.
  /// @throws error{errc::not_recovered}.
  bool find(std::string_view key, const std::function<void(std::string_view value)>& found) const;
  /// A page of rows of all partitions, merged in the order of the keys, over one snapshot each. True: there are more.
  /// @throws error{errc::not_recovered} unless every partition can be read.
  bool rows(const key_range& which, page_limit limit,
            const std::function<void(std::string_view key, std::string_view value)>& visit) const;
  /// Where the key's row is, or would be. @throws error{errc::not_recovered} where the partitions are not known yet.
  [[nodiscard]] partition_id partition_of_key(std::string_view key) const;
  /// Next record of the partition to be applied. @throws error{errc::not_recovered}.
  [[nodiscard]] offset position(partition_id of) const;

  /// Returns once every partition is current. @throws error{errc::stopped} when it has ended.
  [[nodiscard]] task<> ready() const;
  /// Returns once the record is in the copy. @throws error{errc::stopped}; error{errc::topic_unknown} where the table
  /// has no such partition.
  [[nodiscard]] task<> applied(partition_id in, offset at) const;
  /// Removes a row from the copy alone. Waits for its partition to be current.
  [[nodiscard]] task<> evict(std::string key) const;

  [[nodiscard]] view_state state() const;
  /// Returns the state once it is another than `known`.
  [[nodiscard]] task<view_state> state_after(view_state known) const;
  /// Fills all but the name.
  void fill(view_status& into) const;
  [[nodiscard]] bool is_current() const;

 private:
  /// Of a follower; on the control strand.
  struct life {
    explicit life(const executor& control) : ended{control} {}
    bool started = false;
    async::event ended;
  };
  struct part {
    std::shared_ptr<store::table_store> store;
    std::shared_ptr<table_follower> follower;
    std::shared_ptr<life> runs;
    bool readable_at_once = false;  ///< the store held rows of this table when it was opened
  };
  using parts = std::vector<part>;

  task<> work();
  task<> open_what_is_there();
  task<> connect();
  task<> watch_cluster();
  task<> watch_patience();
  task<> ask_cluster();
  task<> learn_how_long_erasures_are_kept();
  task<> grow(std::int32_t partitions);
  task<> shrink(std::int32_t partitions);
  task<> open_part(std::int32_t number);
  task<> run_part(part p, changelog_now known);
  task<changelog_now> ask_about(topic_partition of);
  task<> answer(topic_partition of, std::optional<changelog_now>& found, std::exception_ptr& failed,
                async::event& done);
  task<> shut_down();
  task<> close_store(topic_partition of, std::shared_ptr<store::table_store> store);
  void topic_is(const std::string& id);
  void publish(parts all);
  void heard(bool connected, std::string reason);
  [[nodiscard]] std::shared_ptr<const parts> present() const;
  [[nodiscard]] bool may_read(const part& p) const;
  template <class Read>
  void reading(const part& p, Read read) const;
  [[nodiscard]] bool find_in(const part& p, std::string_view key,
                             const std::function<void(std::string_view value)>& found) const;
  /// Calls `is_it` for the key's own partition and, of a scattered table, for the others, until it says true.
  bool among_places(std::string_view key, const parts& all, const std::function<bool(const part& p)>& is_it) const;
  [[noreturn]] void refuse(const part* p) const;
  [[nodiscard]] std::vector<topic_partition> numbered(std::int32_t from, std::int32_t to) const;

  table_surroundings with_;
  topic_name topic_;
  partitioner by_;
  std::string codec_;
  whole_table_options options_;
  table_listener* listener_;
  logger log_;

  executor control_;
  std::optional<async::task_group> work_;
  std::optional<async::task_group> followers_;
  std::optional<async::task_group> answers_;
  parts aside_;  // open, and not in parts_: about to be, or not any more
  std::exception_ptr failure_;
  bool work_failed_ = false;
  std::atomic<bool> closing_{false};
  std::chrono::milliseconds erasures_kept_ = erasures_kept_by_default;
  std::string topic_id_;
  clock::time_point asked_at_{};
  bool asking_ = false;

  scatter_mark scattered_;
  std::atomic<std::int32_t> partitions_{1};  // of the topic, as last heard
  mutable async::wake_list changed_;         // state, connection, partitions
  mutable std::mutex mutex_;                 // guards what follows
  std::shared_ptr<const parts> parts_ = std::make_shared<const parts>();
  std::string reason_;
  std::optional<async::signal> ending_;
  bool stopped_ = false;
  bool failed_ = false;
  bool ended_ = false;
  bool running_ = false;
  bool ever_connected_ = false;
  bool connected_ = false;
  clock::time_point started_{};
};

/// How many partitions an earlier run left in a table's folder.
[[nodiscard]] std::int32_t partitions_in(const std::filesystem::path& folder);

}  // namespace corka::tables
