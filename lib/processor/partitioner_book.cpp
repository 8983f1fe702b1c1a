#include "processor/partitioner_book.hpp"

#include <corka/error.hpp>

#include <fmt/format.h>

namespace corka {

void partitioner_book::write(const topics& used, const std::string& who) {
  const std::lock_guard lock{mutex_};
  for (const auto& [topic, by] : used) {
    const auto found = lines_.find(topic);
    if (found == lines_.end() || found->second.by == by) continue;
    throw error{errc::invalid_declaration,
                fmt::format("{} partitions topic '{}' by {}, and {}, which runs already, by {}: a key would be in two "
                            "partitions; give both handles of the topic the same partitioner",
                            who, topic.str(), by.name(), found->second.who, found->second.by.name())};
  }
  for (const auto& [topic, by] : used) { ++lines_.try_emplace(topic, line{by, who, 0}).first->second.users; }
}

void partitioner_book::erase(const topics& written) {
  const std::lock_guard lock{mutex_};
  for (const auto& [topic, by] : written) {
    const auto found = lines_.find(topic);
    if (--found->second.users == 0) lines_.erase(found);
  }
}

}  // namespace corka
