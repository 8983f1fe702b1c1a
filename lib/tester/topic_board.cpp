#include "tester/topic_board.hpp"

#include "base/excerpt.hpp"
#include "graph/topics.hpp"
#include "kafka/embedded/catalog.hpp"
#include "kafka/embedded/offset_store.hpp"

#include <corka/error.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace corka::tester_parts {

namespace {

using settings = std::map<std::string, std::string>;

/// Tests choose timestamps as they need them: none is too old to be kept.
settings kept_for_ever(settings config) {
  const auto policy = config.find("cleanup.policy");
  if (policy == config.end() || policy->second == "delete") config.try_emplace("retention.ms", "-1");
  return config;
}

}  // namespace

void topic_board::need_topics(const declaration& of) {
  of.validate();
  auto& topics = in_.broker().topics();
  std::vector<kafka::topic_description> found;
  for (const auto& name : graph::topics_of(of)) {
    const auto there = topics.find(name);
    found.push_back({name, there != nullptr, there ? there->id() : "", there ? there->partitions() : 0, 1});
  }
  const auto plan = graph::plan_topics(of, found, {.inputs_and_outputs = true, .partitions = partitions_});
  for (const auto& t : plan.create) topics.create(t.topic, t.partitions, kept_for_ever(t.config));
  for (const auto& name : of.dead_letters()) need_topic(name, false);
}

void topic_board::need_topic(const topic_name& topic, bool compacted) {
  if (in_.broker().topics().find(topic)) return;
  create(topic, partitions_, compacted ? settings{{"cleanup.policy", "compact"}} : settings{});
}

void topic_board::create(const topic_name& topic, std::int32_t partitions,
                         const std::map<std::string, std::string>& config) {
  if (const auto there = in_.broker().topics().find(topic)) {
    throw error{errc::topic_exists,
                fmt::format("topic '{}' is there already, with {} partitions: create it before it is "
                            "used otherwise",
                            topic.str(), there->partitions())};
  }
  in_.broker().topics().create(topic, partitions, kept_for_ever(config));
}

record_position topic_board::append(const topic_name& topic, partitioner by, std::string_view key,
                                    std::optional<std::string_view> value, const emit_options& options) {
  const auto to = in_.broker().topics().find(topic);
  const auto partition = partition_of(key, to->partitions(), by);
  std::vector<header_view> headers;
  for (const auto& h : options.headers)
    headers.push_back({h.name, h.value ? std::optional<std::string_view>{*h.value} : std::nullopt});
  kafka::embedded::frame_builder frame;
  frame.add(0, options.timestamp ? options.timestamp->ms() : in_.time().wall_ms(), key, value, headers);
  const offset at{to->at(partition).append(frame)};
  in_.told().tell("test", fmt::format("writes {}/{}@{} {} = {}", topic.str(), partition.value, at.value,
                                      excerpt(key, 40), value ? excerpt(*value, 60) : "tombstone"));
  return {partition, at};
}

topic_board::page& topic_board::read(const topic_name& topic) {
  auto& page = pages_[topic];
  const auto of = in_.broker().topics().find(topic);
  if (!of) return page;
  const auto always_up = std::make_shared<kafka::embedded::link>("test", async::signal::notifier{});
  while (static_cast<std::int32_t>(page.partitions.size()) < of->partitions()) {
    const partition_id number{static_cast<std::int32_t>(page.partitions.size())};
    page.partitions.push_back(
        {std::make_unique<kafka::embedded::log_source>(in_.shared_broker(), always_up, topic_partition{topic, number},
                                                       offset{0}, async::signal::notifier{}),
         {}});
  }
  kafka::record_batch batch;
  for (std::size_t p = 0; p < page.partitions.size(); ++p) {
    auto& column = page.partitions[p];
    while (column.source->poll({}, batch)) take(page, column, batch, partition_id{static_cast<std::int32_t>(p)});
  }
  return page;
}

void topic_board::take(page& into, column& from, const kafka::record_batch& batch, partition_id partition) {
  std::vector<header_view> headers;
  for (std::size_t i = 0; i < batch.records.size(); ++i) {
    const auto& r = batch.records[i];
    detail::tested_bytes kept{partition, r.at, std::string{r.key}, {}, {}, record_time{r.timestamp_ms}};
    headers.clear();
    if (batch.keep) batch.keep->headers(i, headers);
    for (const auto& h : headers)
      kept.headers.push_back({std::string{h.name}, h.value ? std::optional<std::string>{*h.value} : std::nullopt});
    if (r.tombstone) {
      into.rows.erase(kept.key);
    } else {
      kept.value.emplace(r.value);
      into.rows.insert_or_assign(kept.key, *kept.value);
    }
    from.records.push_back(std::move(kept));
  }
}

const std::map<std::string, std::string, std::less<>>& topic_board::rows(const topic_name& topic) {
  return read(topic).rows;
}

std::optional<detail::tested_bytes> topic_board::next(const topic_name& topic, std::vector<offset>& from) {
  auto& page = read(topic);
  from.resize(page.partitions.size());
  const detail::tested_bytes* oldest = nullptr;
  for (std::size_t p = 0; p < page.partitions.size(); ++p) {
    const auto& records = page.partitions[p].records;
    const auto at = std::ranges::lower_bound(records, from[p], {}, &detail::tested_bytes::offset);
    if (at != records.end() && (oldest == nullptr || at->timestamp < oldest->timestamp)) oldest = &*at;
  }
  if (oldest == nullptr) return std::nullopt;
  from[static_cast<std::size_t>(oldest->partition.value)] = oldest->offset.next();
  return *oldest;
}

std::vector<detail::tested_position> topic_board::commits(const declaration& of) {
  std::vector<topic_partition> all;
  std::vector<offset> ends;
  const auto add = [&](const topic_name& name) {
    const auto topic = in_.broker().topics().find(name);
    for (std::int32_t p = 0; topic && p < topic->partitions(); ++p) {
      all.push_back({name, partition_id{p}});
      ends.push_back(topic->at(partition_id{p}).log().range().high);
    }
  };
  for (const auto& input : of.inputs) add(input.topic);
  if (of.loop) add(of.loop->topic);
  const auto committed = in_.broker().offsets().committed(of.name, all);
  std::vector<detail::tested_position> positions;
  for (std::size_t i = 0; i < all.size(); ++i) positions.push_back({all[i], committed[i], ends[i]});
  return positions;
}

}  // namespace corka::tester_parts
