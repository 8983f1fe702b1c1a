// Who watches rows of a view, and what they have not seen yet.
#pragma once

#include "async/wake_list.hpp"
#include "table/table_listener.hpp"

#include <corka/task.hpp>
#include <corka/view.hpp>

#include <atomic>
#include <cstddef>
#include <list>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>

namespace corka::detail {

/// One watcher's changes: the last one of each row, in the order in which the rows first changed; above the limit one
/// "missed" for all. Threads: `put`, `miss`, `end` any; `next` one at a time.
class row_watch {
 public:
  row_watch(std::string key, bool prefix, std::size_t limit) : key_{std::move(key)}, prefix_{prefix}, limit_{limit} {}

  [[nodiscard]] bool wants(std::string_view key) const noexcept {
    return prefix_ ? key.starts_with(key_) : key == key_;
  }
  [[nodiscard]] const std::string& key() const noexcept { return key_; }
  [[nodiscard]] bool is_prefix() const noexcept { return prefix_; }

  void put(std::string_view key, std::optional<std::string_view> value);
  void miss();
  /// No more will come: `next` gives what is there, then nothing.
  void end();
  [[nodiscard]] std::optional<row_event> try_next();
  [[nodiscard]] bool has_ended() const;
  /// Awaits the next event; nothing at the end.
  [[nodiscard]] static task<std::optional<row_event>> next(std::shared_ptr<row_watch> self);

 private:
  std::string key_;
  bool prefix_;
  std::size_t limit_;
  mutable std::mutex mutex_;  // guards what follows
  std::list<row_event> events_;
  std::unordered_map<std::string_view, std::list<row_event>::iterator> by_key_;  // views into events_
  bool ended_ = false;
  async::wake_list arrived_;
};

/// All watchers of a view, told by the followers of its partitions. Threads: any.
class watch_hub final : public tables::table_listener {
 public:
  [[nodiscard]] std::shared_ptr<row_watch> add(std::string key, bool prefix, std::size_t limit);
  /// Ends all that are there.
  void end_all();

  [[nodiscard]] bool wants_changes() const noexcept override { return watching_ > 0; }
  [[nodiscard]] task<> changed(std::span<const tables::row_change> rows) override;
  [[nodiscard]] task<> reread() override;

 private:
  /// Those whose watcher is still there; the others are forgotten.
  template <class Each>
  void each(Each call);

  std::atomic<std::size_t> watching_{0};
  std::mutex mutex_;
  std::list<std::weak_ptr<row_watch>> all_;
};

}  // namespace corka::detail
