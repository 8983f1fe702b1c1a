#include "partition/dead_letters.hpp"

#include <corka/partitioner.hpp>

#include <string>
#include <vector>

namespace corka::partition {

dead_letters::dead_letters(const environment& env, partition_id number, partition_sender& out)
    : env_{env}, number_{number}, out_{out} {}

void dead_letters::send(const origin& from, const topic_name& to, const record_copy& what, std::string_view why,
                        std::size_t attempts) {
  const auto& topic = *env_.outputs.at(to);
  const auto partition = std::to_string(number_.value);
  const auto at = std::to_string(what.at.value);
  const auto calls = std::to_string(attempts);
  const auto now = std::to_string(env_.threads->time().wall_ms());
  const auto timestamp = std::to_string(what.timestamp_ms);
  std::vector<header_view> headers;
  for (const auto& h : what.headers) headers.push_back({h.name, h.value});
  const auto add = [&headers](std::string_view name, std::string_view value) { headers.push_back({name, value}); };
  add("corka-group", env_.group->name.str());
  add("corka-topic", what.topic->str());
  add("corka-partition", partition);
  add("corka-offset", at);
  add("corka-error", why);
  add("corka-attempts", calls);
  add("corka-time", now);
  add("corka-timestamp", timestamp);
  out_.send_letter(from, topic,
                   {.partition = partition_of(what.key, topic.partitions(), env_.group->dead_letters_by(to)),
                    .key = what.key,
                    .value = what.value ? std::string_view{*what.value} : std::string_view{},
                    .tombstone = !what.value,
                    .headers = headers});
}

}  // namespace corka::partition
