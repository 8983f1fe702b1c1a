// What has become of a group's topics while it runs.
#pragma once

#include "kafka/ports.hpp"

#include <corka/declaration.hpp>

#include <cstdint>
#include <string>
#include <vector>

namespace corka::processor_parts {

/// A topic as it was when the processor began.
struct known_topic {
  topic_name topic;
  std::string id;  ///< empty where the cluster has no ids
  std::int32_t partitions = 0;
};

struct topic_changes {
  /// Topics made anew under the same name: what was committed for them, and read of them, is another's.
  std::vector<topic_name> renewed;
  /// Inputs of a group without rows have grown together: to be read anew with what there is.
  bool grown = false;
  /// Growth that cannot be followed, each with its cure.
  std::vector<std::string> problems;
};

/// Compares. Looked-up tables are left out, and joined ones that were made anew: their copies notice by themselves.
[[nodiscard]] topic_changes changes_of(const declaration& group, const std::vector<known_topic>& known,
                                       const std::vector<kafka::topic_description>& now);

}  // namespace corka::processor_parts
