// Brings the table rows of a batch into memory before its callbacks run.
#pragma once

#include "partition/environment.hpp"
#include "partition/intake.hpp"
#include "partition/row_loader.hpp"
#include "store/store.hpp"
#include "table/overlay.hpp"

#include <memory>

namespace corka::partition {

/// Asks the store for all missing rows at once.
///
/// Strand: the partition's, one fetch at a time.
class row_prefetch {
 public:
  /// Without a store: a stateless group.
  row_prefetch(const environment& env, std::shared_ptr<store::table_store> store, tables::overlay& rows);

  /// Fills `of.rows`: one loaded row for each record of its batch.
  [[nodiscard]] task<> fetch(intake& of);

 private:
  std::shared_ptr<store::table_store> store_;
  tables::overlay& overlay_;
  row_loader loader_;
};

}  // namespace corka::partition
