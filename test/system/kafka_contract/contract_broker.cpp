// The broker that the contract's cases share.
#include "support/kafka_broker.hpp"
#include "system/kafka_contract/real_transport.hpp"

#include <memory>

namespace corka::test {

namespace {

/// One broker for all cases of the program.
const kafka_broker& broker() {
  static const kafka_broker started{{"group.min.session.timeout.ms=1000", "group.consumer.min.session.timeout.ms=1000",
                                     "group.consumer.session.timeout.ms=6000",
                                     "group.consumer.min.heartbeat.interval.ms=200",
                                     "group.consumer.heartbeat.interval.ms=500", "log.cleaner.backoff.ms=200",
                                     "log.retention.check.interval.ms=1000", "offsets.topic.num.partitions=4"}};
  return started;
}

}  // namespace

std::unique_ptr<transport_fixture> make_transport() { return std::make_unique<real_transport>(broker().address()); }

}  // namespace corka::test
