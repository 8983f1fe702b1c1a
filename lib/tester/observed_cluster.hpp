// The embedded broker as one instance reaches it.
#pragma once

#include "kafka/ports.hpp"
#include "tester/uplink.hpp"

#include <memory>

namespace corka::tester_parts {

/// Passes everything on to the embedded broker, tells it to the story, and lets nothing through once the uplink is
/// severed. Deliveries that are to fail do so here.
[[nodiscard]] std::shared_ptr<kafka::cluster> observed_cluster(std::shared_ptr<uplink> by);

}  // namespace corka::tester_parts
