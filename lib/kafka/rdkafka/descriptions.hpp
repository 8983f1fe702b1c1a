// How topics are set up, and who is in a group.
#pragma once

#include "kafka/ports.hpp"
#include "kafka/rdkafka/client.hpp"

#include <memory>
#include <vector>

namespace corka::kafka::rdkafka {

/// Strand, cancellation and errors as in requests.hpp.
[[nodiscard]] task<std::vector<topic_settings>> describe_settings(std::shared_ptr<client> c,
                                                                  std::vector<topic_name> topics);
[[nodiscard]] task<std::vector<kafka::member_description>> describe_members(std::shared_ptr<client> c,
                                                                            group_name group);

}  // namespace corka::kafka::rdkafka
