#include "processor/topic_changes.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace corka::processor_parts {

namespace {

enum class role { input, loop, table, output, join, lookup };

role role_of(const declaration& group, const topic_name& topic) {
  if (std::ranges::any_of(group.inputs, [&](const input_edge& i) { return i.topic == topic; })) return role::input;
  if (group.loop && group.loop->topic == topic) return role::loop;
  if (group.table && group.table->topic == topic) return role::table;
  if (std::ranges::any_of(group.outputs, [&](const output_edge& o) { return o.topic == topic; })) return role::output;
  if (std::ranges::any_of(group.joins, [&](const beside_edge& j) { return j.topic == topic; })) return role::join;
  return role::lookup;
}

std::string problem_of(const declaration& group, role r, const known_topic& was, std::int32_t now) {
  const auto& name = was.topic.str();
  if (r == role::output) {
    return fmt::format(
        "output '{}' has grown from {} to {} partitions: keys go on to the old ones until the processor "
        "is started again, and to others from then on",
        name, was.partitions, now);
  }
  if (r == role::join) {
    return fmt::format(
        "joined table '{}' has grown from {} to {} partitions, and the group's inputs have {}: rows of keys that moved "
        "are not found, and the group does not start again like this: copy the rows into a table with {} partitions "
        "and join that, or look them up (.lookup), which takes any number",
        name, was.partitions, now, was.partitions, was.partitions);
  }
  const auto* word = r == role::input ? "input" : r == role::loop ? "loop" : "table";
  return fmt::format(
      "{} '{}' has grown from {} to {} partitions, and what belongs to it has {}: keys that moved meet no rows of "
      "theirs, and partitions {} to {} are not read: copy the records into a topic with {} partitions and read that, "
      "or let a group with a new name read the grown topic from its beginning (group '{}' does not start again like "
      "this)",
      word, name, was.partitions, now, was.partitions, was.partitions, now - 1, was.partitions, group.name.str());
}

}  // namespace

topic_changes changes_of(const declaration& group, const std::vector<known_topic>& known,
                         const std::vector<kafka::topic_description>& now) {
  topic_changes changes;
  std::vector<std::int32_t> inputs;
  for (const auto& was : known) {
    const auto is = std::ranges::find(now, was.topic, &kafka::topic_description::topic);
    // One that is gone is told by who reads or writes it; a broker that has not heard of it yet may say so as well.
    if (is == now.end() || !is->exists) continue;
    const auto r = role_of(group, was.topic);
    if (r == role::lookup) continue;
    if (r == role::input) inputs.push_back(is->partitions);
    if (!was.id.empty() && !is->id.empty() && was.id != is->id) {
      // A joined table's copy notices by itself.
      if (r != role::join) changes.renewed.push_back(was.topic);
    } else if (is->partitions > was.partitions) {
      changes.problems.push_back(problem_of(group, r, was, is->partitions));
      changes.grown = changes.grown || r == role::input;
    }
  }
  const bool free = !group.table && !group.loop && group.joins.empty();
  const bool alike = std::ranges::adjacent_find(inputs, std::ranges::not_equal_to{}) == inputs.end();
  changes.grown = changes.grown && free && alike;
  return changes;
}

}  // namespace corka::processor_parts
