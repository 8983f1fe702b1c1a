#include "processor/starting_points.hpp"

#include <fmt/format.h>

#include <utility>

namespace corka::processor_parts {

namespace {

/// Where inputs begin that nothing was committed for; one for each of `of`.
task<std::vector<offset>> first_starts(kafka::admin& admin, const start_position& start,
                                       const std::vector<topic_partition>& of,
                                       const std::vector<offset_range>& ranges) {
  std::vector<offset> starts;
  if (const auto time = start.time_ms()) {
    starts = co_await admin.offsets_at(of, *time);
  } else {
    for (std::size_t i = 0; i < of.size(); ++i) starts.push_back(start.is_latest() ? ranges[i].high : ranges[i].low);
  }
  co_return starts;
}

/// Where an input is read from, given what was committed and what there is.
offset start_of(const topic_partition& where, offset at, const offset_range& range, const logger& log) {
  if (at < range.low) {
    log.warn(
        fmt::format("{}: the committed offset {} was deleted by retention, {} records are lost: reading on from {}; "
                    "keep the topic longer, or add members",
                    to_string(where), at.value, range.low - at, range.low.value));
    return range.low;
  }
  if (at > range.high) {
    log.warn(
        fmt::format("{}: the committed offset {} is beyond the end {}: the topic was made anew; reading it from {}",
                    to_string(where), at.value, range.high.value, range.low.value));
    return range.low;
  }
  return at;
}

}  // namespace

task<std::vector<partition::start_point>> starting_points(kafka::member& member, kafka::admin& admin,
                                                          const partition::environment& env, const group_topics& topics,
                                                          std::vector<partition_id> numbers, const logger& log) {
  const auto& table = env.group->table;
  const auto edges = env.edges();
  std::vector<topic_partition> inputs;
  std::vector<topic_partition> changelogs;
  std::vector<topic_partition> joins;
  for (const auto number : numbers) {
    for (const auto* edge : edges) inputs.push_back({edge->topic, number});
    if (table) changelogs.push_back({table->topic, number});
    for (const auto& join : env.group->joins) joins.push_back({join.topic, number});
  }
  auto all = inputs;
  all.insert(all.end(), changelogs.begin(), changelogs.end());
  all.insert(all.end(), joins.begin(), joins.end());
  auto with_changes = inputs;
  for (const auto number : numbers) {
    for (const auto& change : env.group->changes) with_changes.push_back({change.topic, number});
  }
  const auto committed = co_await member.committed(std::move(with_changes));
  const auto ranges = co_await admin.offsets(std::move(all));

  const auto first = co_await first_starts(admin, env.options->start, inputs, ranges);

  std::vector<partition::start_point> points;
  std::size_t next = 0;
  for (std::size_t n = 0; n < numbers.size(); ++n) {
    partition::start_point point;
    for (std::size_t e = 0; e < edges.size(); ++e, ++next) {
      // A loop holds the group's own unfinished work: nobody else's past, to be passed over.
      const bool loops = env.group->loop && edges[e] == &*env.group->loop;
      const auto begin = loops ? ranges[next].low : first[next];
      point.inputs.push_back(
          {inputs[next], start_of(inputs[next], committed[next].value_or(begin), ranges[next], log)});
      if (!committed[next] && !loops && !env.options->start.is_earliest()) point.begun.push_back(point.inputs.back());
      point.ends.push_back(ranges[next].high);
    }
    for (std::size_t c = 0; c < env.group->changes.size(); ++c) {
      const auto& at = committed[inputs.size() + n * env.group->changes.size() + c];
      point.changes.push_back({{env.group->changes[c].topic, numbers[n]}, at.value_or(offset{-1})});
    }
    if (table) {
      point.changelog = ranges[inputs.size() + n];
      point.table = {table->topic.str(), topics.table_id, numbers[n].value, table->codec};
    }
    for (std::size_t j = 0; j < env.group->joins.size(); ++j) {
      const auto& join = env.group->joins[j];
      const auto& range = ranges[inputs.size() + changelogs.size() + n * env.group->joins.size() + j];
      point.joins.push_back({{join.topic.str(), topics.join_ids[j], numbers[n].value, join.codec}, range, nullptr});
    }
    points.push_back(std::move(point));
  }
  co_return points;
}

}  // namespace corka::processor_parts
