// The changes of a joined table, as something that a partition reads with a callback.
#pragma once

#include "kafka/ports.hpp"
#include "table/table_follower.hpp"
#include "table/table_listener.hpp"

#include <cstddef>
#include <memory>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

namespace corka::partition {

/// Keeps the bytes of a batch of changes, and what the rows were before.
class change_holder final : public kafka::record_batch::holder {
 public:
  /// Appends a record for each change; their views live as long as this, or until `release`.
  change_holder(std::span<const tables::coming_change> all, std::vector<record>& into);

  /// Of the row that record `i` changes.
  [[nodiscard]] std::optional<std::string_view> before(std::size_t i) const { return before_[i]; }

  void headers(std::size_t, std::vector<header_view>&) const override {}
  void release() noexcept override;

 private:
  std::unique_ptr<char[]> bytes_;
  std::vector<std::optional<std::string_view>> before_;
};

/// A batch at a time, put in by the table's follower and polled by the process loop.
///
/// Strand: the partition's. Life: outlives the sources that `open` makes.
class announced_changes {
 public:
  /// The batch before it has been polled.
  void put(std::span<const tables::coming_change> all, offset next);
  [[nodiscard]] std::unique_ptr<kafka::record_source> open(const tables::table_follower& follower);

 private:
  class source;
  std::optional<kafka::record_batch> waiting_;
};

}  // namespace corka::partition
