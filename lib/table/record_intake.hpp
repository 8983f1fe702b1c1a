// From polled records to changes of a local copy.
#pragma once

#include "kafka/record_batch.hpp"
#include "table/change_batch.hpp"

#include <corka/ids.hpp>
#include <corka/table_update.hpp>

#include <string>
#include <vector>

namespace corka::tables {

/// Puts records into a batch, as the table's update rule says. Strand: one at a time.
class record_intake {
 public:
  record_intake(topic_partition table, update_rule rule);

  /// @throws error{errc::callback_failed} with the record's place, where the rule throws.
  void take(const kafka::record_batch& polled, change_batch& into);

 private:
  void take_by_rule(const kafka::record_batch& polled, std::size_t i, change_batch& into);

  topic_partition table_;
  update_rule rule_;
  std::vector<header_view> headers_;
  std::string instead_;
};

/// The codec's name as it stands in a copy's identity: another rule makes another copy.
[[nodiscard]] std::string copied_as(const std::string& codec, const update_rule& rule);

}  // namespace corka::tables
