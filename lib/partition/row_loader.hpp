// Brings rows from a store into memory.
#pragma once

#include "async/execution.hpp"
#include "store/store.hpp"
#include "table/overlay.hpp"

#include <corka/task.hpp>

#include <string_view>
#include <vector>

namespace corka::partition {

/// Asks a store for all rows of a batch at once: in place while it answers from memory, on the blocking pool while it
/// waits for a disk.
///
/// Strand: the partition's; one batch at a time. Life: outlives `load`; rows stay where they are until that has ended.
/// Cancellation: `load` supports none. Errors: error{errc::store_failed}.
class row_loader {
 public:
  explicit row_loader(async::execution& threads) : threads_{threads} {}

  /// Adds a row to the next load, unless memory has it or it was added already.
  void want(tables::row& r) {
    if (r.loaded || r.asked) return;
    r.asked = true;
    missing_.push_back(&r);
  }
  [[nodiscard]] bool nothing_to_load() const { return missing_.empty(); }
  /// Loads what was wanted since the last load.
  [[nodiscard]] task<> load(const store::table_store& from, tables::overlay& into);

 private:
  async::execution& threads_;
  std::vector<tables::row*> missing_;
  std::vector<std::string_view> keys_;
  bool cold_ = false;  // the store's pages are not in memory
};

}  // namespace corka::partition
