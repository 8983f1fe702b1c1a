// From polled records to changes of a local copy.
#pragma once

#include "kafka/record_batch.hpp"
#include "table/change_batch.hpp"

#include <corka/ids.hpp>
#include <corka/table_update.hpp>

#include <functional>
#include <string>
#include <string_view>
#include <vector>

namespace corka::tables {

/// Puts records into a batch, as the table's update rule says. Strand: one at a time.
class record_intake {
 public:
  /// Looks at keys as they are read; false: it needs no more of them. Called on the strand.
  using key_check = std::function<bool(std::string_view key)>;

  record_intake(topic_partition table, update_rule rule, key_check look = {});

  /// @throws error{errc::callback_failed} with the record's place, where the rule throws.
  void take(const kafka::record_batch& polled, change_batch& into);

 private:
  void look_at_keys(const kafka::record_batch& polled);
  void take_by_rule(const kafka::record_batch& polled, std::size_t i, change_batch& into);

  topic_partition table_;
  update_rule rule_;
  key_check look_;
  std::vector<header_view> headers_;
  std::string instead_;
};

/// The codec's name as it stands in a copy's identity: another rule makes another copy.
[[nodiscard]] std::string copied_as(const std::string& codec, const update_rule& rule);

}  // namespace corka::tables
