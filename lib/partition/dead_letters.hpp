// Records that are put aside.
#pragma once

#include "partition/environment.hpp"
#include "partition/partition_sender.hpp"
#include "partition/record_copy.hpp"

#include <cstddef>
#include <string_view>

namespace corka::partition {

/// Strand: the partition's.
class dead_letters {
 public:
  dead_letters(const environment& env, partition_id number, partition_sender& out);

  /// Sends the record to the dead-letter topic; `from` is not done before that is acknowledged.
  void send(const origin& from, const topic_name& to, const record_copy& what, std::string_view why,
            std::size_t attempts);

 private:
  const environment& env_;
  partition_id number_;
  partition_sender& out_;
};

}  // namespace corka::partition
