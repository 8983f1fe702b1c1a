// Brings the table rows of a batch into memory before its callbacks run.
#pragma once

#include "partition/environment.hpp"
#include "partition/intake.hpp"
#include "store/store.hpp"
#include "table/overlay.hpp"

#include <memory>
#include <vector>

namespace corka::partition {

/// Asks the store for all missing rows at once, sorted; on the blocking pool while its pages are cold.
///
/// Strand: the partition's, one fetch at a time.
class row_prefetch {
 public:
  /// Without a store: a stateless group.
  row_prefetch(const environment& env, std::shared_ptr<store::table_store> store, tables::overlay& rows);

  /// Fills `of.rows`: one loaded row for each record of its batch.
  [[nodiscard]] task<> fetch(intake& of);

 private:
  const environment& env_;
  std::shared_ptr<store::table_store> store_;
  tables::overlay& overlay_;
  std::vector<tables::row*> missing_;
  bool cold_ = false;  // the store's pages are not in memory: read on the blocking pool
};

}  // namespace corka::partition
