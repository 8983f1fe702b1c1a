// Kafka by librdkafka.
#pragma once

#include "async/execution.hpp"
#include "kafka/ports.hpp"

#include <corka/log.hpp>

#include <map>
#include <memory>
#include <string>

namespace corka::kafka::rdkafka {

struct rdkafka_options {
  /// "host:port", several with commas.
  std::string bootstrap_servers;
  /// librdkafka's properties for everything that is made of the cluster: security.protocol, sasl.*, ssl.*, debug, ...
  std::map<std::string, std::string> properties;
  logger log;
};

/// A cluster that is reached over the network. Does not connect: that is a matter of what is made of it.
/// `where` outlives everything made of it.
/// @throws error{errc::invalid_option} for properties that librdkafka does not know, with those that may have been
/// meant.
[[nodiscard]] std::shared_ptr<cluster> make_cluster(rdkafka_options options, async::execution& where);

}  // namespace corka::kafka::rdkafka
