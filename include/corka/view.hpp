// A local copy of a whole table.
#pragma once

#include <corka/delivery.hpp>
#include <corka/error.hpp>
#include <corka/key_range.hpp>
#include <corka/service.hpp>
#include <corka/status.hpp>
#include <corka/stream.hpp>
#include <corka/table_update.hpp>

#include <cstddef>
#include <functional>
#include <iterator>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace corka {

struct view_options {
  // Behaviour
  /// Names the view in logs, metrics and pages, and the folder of its local copy. Empty: "view-<topic>", with a number
  /// behind it where another view of that name runs in this process. Views of one table that differ in `update` need
  /// names of their own, or they read the table again when they start in another order.
  std::string name{};
  /// Rows may be read before they are current: what an earlier run left on disk, also while no broker answers, and
  /// what has been read so far where the copy is being read anew.
  bool stale_reads = false;
  /// What is stored for a record; empty: what came.
  update_rule update{};
  /// How many rows a watcher may be behind before it is told that it missed something. 1..1'000'000.
  std::size_t watch_rows = 10'000;
};

/// The table as of a record: `at_least{co_await emitted.acked()}` is one's own write.
struct at_least {
  explicit at_least(record_position p) : partition{p.partition}, at{p.offset} {}
  at_least(partition_id p, offset o) : partition{p}, at{o} {}

  partition_id partition;
  offset at;
};

namespace detail {

/// Rows as bytes, in key order.
struct row_page {
  std::vector<std::pair<std::string, std::string>> rows;
  std::optional<key_range> rest;  ///< where the next page is; nothing: this was the last
};

struct row_event {
  std::string key;
  std::optional<std::string> value;
  bool missed = false;
};

class row_watch;

/// The untyped view.
class basic_view : public service {
 public:
  ~basic_view() override;

  /// Follows the table until `stop`; one that does not exist yet is waited for. @throws error{errc::store_in_use,
  /// errc::store_failed, errc::callback_failed, errc::unauthorized}; error{errc::invalid_option} while it runs already.
  [[nodiscard]] task<> run(runtime& on) override;
  void stop() noexcept override;

  /// Returns once every partition is current; waits for `run` where that has yet to begin, for the first time or again.
  /// @throws error{errc::stopped} when the view ends meanwhile, or has failed.
  [[nodiscard]] task<> ready() const;
  [[nodiscard]] view_state state() const;
  /// Returns the state once it is another than `known`.
  [[nodiscard]] task<view_state> state_after(view_state known) const;
  [[nodiscard]] view_status status() const;

  /// @throws as `get`.
  [[nodiscard]] bool has(std::string_view key) const;
  /// Removes a row from this copy alone; the next record of its key brings it back.
  [[nodiscard]] task<> evict(std::string key) const;

  [[nodiscard]] const topic_name& topic() const noexcept;

  // Rows as bytes, for whoever knows nothing of their type.
  /// Calls `found(bytes)` if there is such a row.
  bool find(std::string_view key, const std::function<void(std::string_view bytes)>& found) const;
  /// A page of at most `limit` rows, and about 4 MiB.
  [[nodiscard]] row_page page(const key_range& which, std::size_t limit) const;
  [[nodiscard]] std::string to_json(std::string_view bytes) const { return to_json_(bytes); }
  /// Where the key's row is, or would be, and how far that partition is applied.
  [[nodiscard]] record_position position_of(std::string_view key) const;

 protected:
  basic_view(topic_name topic, partitioner by, std::string codec, std::function<std::string(std::string_view)> to_json,
             view_options options);
  [[nodiscard]] task<> reach(at_least position) const;
  [[nodiscard]] std::shared_ptr<row_watch> watch_rows(std::string key, bool prefix) const;
  [[nodiscard]] static task<std::optional<row_event>> next_of(std::shared_ptr<row_watch> of);

 private:
  class impl;
  std::shared_ptr<impl> impl_;
  std::function<std::string(std::string_view)> to_json_;
};

}  // namespace detail

/// Rows in key order, and what is left of the range.
template <class Value>
struct view_page {
  std::vector<std::pair<std::string, Value>> rows;
  std::optional<key_range> rest;  ///< give it to `rows` for the next page; nothing: this was the last
};

/// What happened to a row since it was last told of.
template <class Value>
struct view_change {
  std::string key;
  std::optional<Value> value;  ///< nothing: the row is gone
  /// Any row may have changed: the watcher was too slow, or the table was read anew. `key` and `value` are empty; read
  /// the rows of interest.
  bool missed = false;
};

template <class Value, class Codec>
class view;

/// The changes of one key, or of the keys with a prefix, from the call of `watch` on.
///
/// Changes of one row are put together: who looks late sees its last value, once. Rows come in the order in which they
/// first changed. A watcher that is behind by more rows than `watch_rows` gets one `missed` instead of all of them.
/// Life: a value; ends with its last copy; may outlive the view. Strand: `next` on one strand at a time.
template <class Value, class Codec>
class watcher {
 public:
  /// The next change; nothing once the view has ended. Cancellation: total; no change is lost by it.
  /// @throws error{errc::decode_failed}.
  [[nodiscard]] task<std::optional<view_change<Value>>> next() const;

 private:
  friend class view<Value, Codec>;
  watcher(std::shared_ptr<detail::row_watch> from, Codec codec) : from_{std::move(from)}, codec_{std::move(codec)} {}

  std::shared_ptr<detail::row_watch> from_;
  Codec codec_;
};

/// A local, continuously updated copy of every partition of a table: of a group, or any compacted topic.
///
/// A view starts from the copy that its last run left, reads what came since, and follows. Its partitions are spread
/// over the runtime's workers. It notices new partitions of the topic, and a topic that was made anew under the name.
/// One that was cut off for longer than the topic keeps erasures reads the table anew, as some may be gone.
///
/// A topic that has grown, or that somebody writes by another partitioner, has rows where the key does not say. Once
/// the view has noticed, also by an earlier run, or by the first such key, it says so in the log and looks for keys
/// that have no row in their own partition in all of them: `get` finds what `rows` shows. Both then show a row that was
/// written before the growth and erased after it, as the erasure is in another partition: copy such a topic into a new
/// one.
///
/// Life: constructing never connects; `run`, `stop`; may be run again. Reads are legal from construction on.
/// Strand: none of the caller's; reads come from a snapshot, in which every batch of records is whole or not at all.
/// Threads: everything any. Reads return at once, but may touch the disk.
/// Cancellation: `run` by `stop`; awaits support total; an interrupted recovery continues where it stood.
/// Errors: see the members; a lost broker is a state, not an error: rows are served as they were last seen.
template <class Value, class Codec = default_codec<Value>>
class view final : public detail::basic_view {
 public:
  explicit view(const table<Value, Codec>& of, view_options options = {})
      : basic_view{of.topic(), of.partition_by(), std::string{of.codec().name()},
                   [codec = of.codec()](std::string_view bytes) { return detail::row_to_json(codec, bytes); },
                   std::move(options)},
        codec_{of.codec()} {}

  /// Value of `key`, or nothing where the table has no such row.
  /// @throws error{errc::not_recovered} before the first recovery of its partition, unless `stale_reads`, and while the
  ///         view does not run; error{errc::decode_failed}.
  [[nodiscard]] std::optional<Value> get(std::string_view key) const {
    std::optional<Value> value;
    find(key, [&](std::string_view bytes) { value.emplace(codec_.decode(bytes)); });
    return value;
  }
  /// The same once the view has applied the record. It waits for as long as it takes.
  /// @throws as `get`; error{errc::stopped} when the view ends; error{errc::topic_unknown} where there is no such
  ///         partition.
  [[nodiscard]] task<std::optional<Value>> get(std::string key, at_least position) const {
    co_await reach(position);
    co_return get(key);
  }

  /// A page of rows, of all partitions merged, as of one moment each.
  /// @throws error{errc::not_recovered} unless every partition can be read; error{errc::decode_failed}.
  [[nodiscard]] view_page<Value> rows(const key_range& which = {}, std::size_t limit = 1'000) const {
    auto raw = page(which, limit);
    view_page<Value> typed{{}, std::move(raw.rest)};
    typed.rows.reserve(raw.rows.size());
    for (auto& [key, bytes] : raw.rows) typed.rows.emplace_back(std::move(key), codec_.decode(bytes));
    return typed;
  }

  /// For range-for: reads page by page, so that no snapshot is held between two of them, and rows that change
  /// meanwhile may be seen either way. In a coroutine that shares its worker, rather take pages.
  class iteration {
   public:
    class iterator {
     public:
      using value_type = std::pair<std::string, Value>;
      using difference_type = std::ptrdiff_t;
      using iterator_concept = std::input_iterator_tag;

      iterator() = default;
      explicit iterator(const view& of, const key_range& which) : of_{&of}, page_{of.rows(which)} { turn(); }
      [[nodiscard]] const value_type& operator*() const { return page_.rows[at_]; }
      [[nodiscard]] const value_type* operator->() const { return &page_.rows[at_]; }
      iterator& operator++() {
        ++at_;
        turn();
        return *this;
      }
      void operator++(int) { ++*this; }
      [[nodiscard]] friend bool operator==(const iterator& i, std::default_sentinel_t) {
        return i.at_ == i.page_.rows.size();
      }

     private:
      void turn() {
        while (at_ == page_.rows.size() && page_.rest) {
          page_ = of_->rows(*page_.rest);
          at_ = 0;
        }
      }
      const view* of_ = nullptr;
      view_page<Value> page_;
      std::size_t at_ = 0;
    };

    iteration(const view& of, key_range which) : of_{&of}, which_{std::move(which)} {}
    [[nodiscard]] iterator begin() const { return iterator{*of_, which_}; }
    [[nodiscard]] static std::default_sentinel_t end() { return {}; }

   private:
    const view* of_;
    key_range which_;
  };
  /// from <= key < to; an absent `to`: to the end.
  [[nodiscard]] iteration range(std::string from = {}, std::optional<std::string> to = {},
                                key_order order = key_order::ascending) const {
    return {*this, key_range{std::move(from), std::move(to), order}};
  }
  [[nodiscard]] iteration prefix(std::string p, key_order order = key_order::ascending) const {
    return {*this, key_range::prefix(std::move(p), order)};
  }

  /// Changes from now on; `get` after it to have no gap. Legal before `run`.
  [[nodiscard]] watcher<Value, Codec> watch(std::string key) const {
    return {watch_rows(std::move(key), false), codec_};
  }
  [[nodiscard]] watcher<Value, Codec> watch_prefix(std::string prefix) const {
    return {watch_rows(std::move(prefix), true), codec_};
  }

 private:
  friend class watcher<Value, Codec>;
  [[nodiscard]] static task<std::optional<view_change<Value>>> next(std::shared_ptr<detail::row_watch> of,
                                                                    Codec codec) {
    auto raw = co_await next_of(std::move(of));
    if (!raw) co_return std::nullopt;
    view_change<Value> change;
    change.key = std::move(raw->key);
    change.missed = raw->missed;
    if (raw->value) change.value.emplace(codec.decode(*raw->value));
    co_return change;
  }

  Codec codec_;
};

template <class Value, class Codec>
view(const table<Value, Codec>&, view_options) -> view<Value, Codec>;

template <class Value, class Codec>
task<std::optional<view_change<Value>>> watcher<Value, Codec>::next() const {
  return view<Value, Codec>::next(from_, codec_);
}

}  // namespace corka
