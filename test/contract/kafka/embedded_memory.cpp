// The transport contract on the embedded broker, in memory.
#include "contract/kafka/embedded_transport.hpp"

std::unique_ptr<corka::test::transport_fixture> corka::test::make_transport() {
  return std::make_unique<embedded_transport>(kafka::embedded::broker_options{});
}
