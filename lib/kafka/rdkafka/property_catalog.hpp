// The properties that librdkafka knows.
#pragma once

#include <map>
#include <string>

namespace corka::kafka::rdkafka {

struct property_kind {
  bool consumer = false;
  bool producer = false;
};

/// Every property of the linked librdkafka by name, read from its own documentation once. Threads: safe.
[[nodiscard]] const std::map<std::string, property_kind, std::less<>>& property_catalog();

}  // namespace corka::kafka::rdkafka
