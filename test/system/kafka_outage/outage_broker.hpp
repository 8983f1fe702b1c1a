// The broker that the cases of this program put through it.
#pragma once

#include "support/kafka_broker.hpp"

namespace corka::test {

inline kafka_broker& outage_broker() {
  static kafka_broker started{{"offsets.topic.num.partitions=1"}};
  return started;
}

}  // namespace corka::test
