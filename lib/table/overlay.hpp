// The rows of a table partition that are in memory: those not yet in the store, and a cache of those that are.
#pragma once

#include "store/store.hpp"

#include <boost/unordered/unordered_flat_map.hpp>

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace corka::tables {

/// One row in memory. Absent rows are kept too: knowing that a key has no row saves asking the store again.
struct row {
  std::string key;
  std::string value;
  bool present = false;
  bool loaded = false;     ///< false: the store has not answered yet
  bool asked = false;      ///< somebody is asking the store
  bool dirty = false;      ///< written since the last freeze
  bool frozen = false;     ///< part of the freeze that is on its way to the store
  bool touched = false;    ///< used since the last eviction
  std::uint32_t pins = 0;  ///< users that keep a pointer to it: it is not evicted
};

/// What a freeze took: a copy of the dirty rows, which another thread may write to the store.
struct frozen_rows {
  /// In the order of `changes` after `sort`; views into `bytes`.
  std::vector<store::change> changes;
  std::unique_ptr<char[]> bytes;

  /// By key, as stores want it.
  void sort();
};

/// Readers see overlay over store. Rows are written to the store in cuts: `freeze` copies what is dirty at one moment,
/// and once the changelog has acknowledged all of it and the store has it, `thaw` forgets the cut. Meanwhile rows can
/// be written on. So the store always holds the table as of one changelog offset.
///
/// Strand: the partition's. Life: row pointers stay valid until `evict`, pinned ones beyond that, or `clear`.
class overlay {
 public:
  /// The row of `key`, made and not loaded if memory has none.
  row& at(std::string_view key);
  /// Nothing if memory does not know the key.
  [[nodiscard]] const row* find(std::string_view key) const;

  void loaded(row& r, std::optional<std::string_view> value);
  /// Somebody else changed the row in the store: memory follows where it knows the key. Only for tables that are not
  /// written here.
  void changed(std::string_view key, std::optional<std::string_view> value);
  /// Any row of the store may be another by now: none is loaded any more. Pointers stay valid. As `changed`, for tables
  /// that are not written here.
  void unload();
  void write(row& r, std::string_view value);
  void erase(row& r);

  /// Whether the store has every row as it is here. Threads: any; who saw a row that was written hears of it.
  [[nodiscard]] bool all_saved() const noexcept { return all_saved_.load(std::memory_order_acquire); }
  [[nodiscard]] std::size_t dirty_rows() const { return dirty_.size(); }
  [[nodiscard]] std::size_t dirty_bytes() const { return dirty_bytes_; }
  [[nodiscard]] std::size_t bytes() const { return bytes_; }
  [[nodiscard]] std::size_t rows() const { return rows_.size(); }

  /// Takes the dirty rows. One freeze at a time.
  [[nodiscard]] frozen_rows freeze();
  [[nodiscard]] bool is_frozen() const { return freezing_; }
  void thaw();

  /// Drops rows that the store has until about `budget` bytes are left; recently used ones last. Only pinned rows are
  /// sure to stay.
  void evict(std::size_t budget);
  void clear();

  /// Calls `call(row)` for each row that the store does not have as it is here, in no order.
  template <class F>
  void each_unsaved(F call) const {
    for (const auto* r : dirty_) call(*r);
    for (const auto* r : frozen_) {
      if (!r->dirty) call(*r);
    }
  }

 private:
  void mark_dirty(row& r);

  struct hash {
    std::size_t operator()(std::string_view key) const noexcept { return std::hash<std::string_view>{}(key); }
  };

  boost::unordered_flat_map<std::string_view, std::unique_ptr<row>, hash> rows_;
  std::vector<row*> dirty_;
  std::vector<row*> frozen_;
  std::atomic<bool> all_saved_{true};
  bool freezing_ = false;
  std::size_t bytes_ = 0;
  std::size_t dirty_bytes_ = 0;
};

}  // namespace corka::tables
