#include "processor/make_topics.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace corka::processor_parts {

task<> make_topics(kafka::admin& admin, std::vector<kafka::new_topic> missing, const logger& log) {
  auto wanted = missing;
  const auto made = co_await admin.create(std::move(wanted));
  for (const auto& t : missing) {
    if (std::ranges::find(made, t.topic) == made.end()) continue;
    log.info(
        fmt::format("made topic '{}' with {} partition{}", t.topic.str(), t.partitions, t.partitions == 1 ? "" : "s"));
  }
}

}  // namespace corka::processor_parts
