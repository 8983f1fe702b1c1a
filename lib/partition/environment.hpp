// What all partitions of one processor share.
#pragma once

#include "async/execution.hpp"
#include "kafka/ports.hpp"

#include <corka/declaration.hpp>
#include <corka/log.hpp>
#include <corka/processor.hpp>

#include <map>
#include <memory>
#include <vector>

namespace corka::partition {

/// Made once a processor is connected; outlives its partitions. Threads: read-only, but for what is safe by itself.
struct environment {
  const declaration* group = nullptr;
  const processor_options* options = nullptr;
  async::execution* threads = nullptr;
  std::shared_ptr<kafka::producer> producer;
  /// Declared outputs, the loop and the table by name.
  std::map<topic_name, std::shared_ptr<kafka::output_topic>> outputs;
  logger log;

  /// Every topic that is read with a callback: inputs in the order declared, then the loop.
  [[nodiscard]] std::vector<const input_edge*> edges() const {
    std::vector<const input_edge*> all;
    for (const auto& input : group->inputs) all.push_back(&input);
    if (group->loop) all.push_back(&*group->loop);
    return all;
  }
};

}  // namespace corka::partition
