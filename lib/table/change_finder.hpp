// What a listener is told of a batch.
#pragma once

#include "store/store.hpp"
#include "table/change_batch.hpp"
#include "table/table_listener.hpp"

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace corka::tables {

/// Compares the rows of a batch with those in the store, which does not have it yet.
///
/// What it gives is valid until its next call that finds something, and while the batch is as it was. No strand of its
/// own: whoever calls it has the store's batch. Errors: error{errc::store_failed}.
class change_finder {
 public:
  explicit change_finder(const store::table_store& in) : store_{in} {}

  /// Of each key, from what is in the store to what the batch leaves of it; keys whose row stays the same are left out.
  void find(std::span<const store::change> rows);
  /// Each row, as if nothing was known of what was there before.
  void all_of(std::span<const store::change> rows);
  void nothing() { changes_.clear(); }
  [[nodiscard]] std::span<const row_change> changes() const noexcept { return changes_; }

  /// Of each record of a batch that keeps places, in their order.
  void find_coming(change_batch& in);
  void nothing_coming() { coming_.clear(); }
  [[nodiscard]] std::span<const coming_change> coming() const noexcept { return coming_; }

 private:
  void read_before(std::span<const store::change> rows);

  const store::table_store& store_;
  std::vector<std::string_view> keys_;
  std::vector<std::optional<std::string>> before_;  // by key
  std::vector<row_change> changes_;
  std::vector<coming_change> coming_;
};

}  // namespace corka::tables
