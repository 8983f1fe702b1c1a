#include "partition/joined_tables.hpp"

#include "async/timer.hpp"
#include "partition/joined_copy.hpp"

#include <corka/error.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <utility>

namespace corka::partition {

namespace {
constexpr std::chrono::milliseconds look_again{20};
}  // namespace

joined_tables::joined_tables(const environment& env, executor strand, std::vector<join_start> starts,
                             change_calls calls, const logger& log)
    : env_{env}, calls_{std::move(calls)} {
  for (std::size_t i = 0; i < starts.size(); ++i) {
    const auto& edge = env.group->joins[i];
    std::optional<copy_calls> own;
    if (const auto* change = env.group->changes_of(edge.topic)) {
      const auto number = change - env.group->changes.data();
      const auto at = calls_.from[static_cast<std::size_t>(number)].next;
      own.emplace(copy_calls{calls_, static_cast<std::size_t>(calls_.first + number), at});
    }
    copies_.push_back(std::make_unique<joined_copy>(env, edge, strand, std::move(starts[i]), own, log));
  }
}

joined_tables::~joined_tables() = default;

void joined_tables::follow(kafka::record_reader& reader, async::task_group& on) {
  for (const auto& c : copies_) c->follow(reader, on);
}

task<> joined_tables::recovered() {
  for (const auto& c : copies_) co_await c->recovered();
}

joined_copy& joined_tables::copy_of(const topic_name& table) {
  return **std::ranges::find(copies_, table, [](const auto& c) { return c->topic(); });
}

std::unique_ptr<kafka::record_source> joined_tables::open_changes(const topic_name& table) {
  return copy_of(table).open_changes();
}

task<> joined_tables::caught_up() {
  for (const auto& change : env_.group->changes) co_await copy_of(change.topic).caught_up();
}

void joined_tables::show(const topic_name& table, std::string_view key, std::optional<std::string_view> now) {
  copy_of(table).show(key, now);
}

void joined_tables::stop() {
  stopped_ = true;
  for (const auto& c : copies_) c->stop();
}

task<> joined_tables::fetch(const kafka::record_batch& batch) {
  // Rare, when a topic was made anew: what is shared by all partitions is asked rather than made to tell each.
  for (const auto& [topic, lookup] : env_.lookups) {
    while (!stopped_ && lookup->is_being_read()) co_await async::sleep_for(env_.threads->time(), look_again);
  }
  for (const auto& c : copies_) co_await c->fetch(batch);
}

std::optional<std::string_view> joined_tables::joined(const topic_name& table, std::string_view key) {
  for (const auto& c : copies_) {
    if (c->topic() == table) return c->row(key);
  }
  throw error{errc::not_declared, fmt::format("group '{}' joins '{}' without declaring it: add .join({}) to the group",
                                              env_.group->name.str(), table.str(), table.str())};
}

std::optional<std::string_view> joined_tables::looked_up(const topic_name& table, std::string_view key) {
  const auto found = env_.lookups.find(table);
  if (found == env_.lookups.end()) {
    throw error{errc::not_declared,
                fmt::format("group '{}' looks up in '{}' without declaring it: add .lookup({}) to the group",
                            env_.group->name.str(), table.str(), table.str())};
  }
  if (!found->second->row(key, looked_up_)) return std::nullopt;
  return looked_up_;
}

void joined_tables::cluster_says(std::size_t join, const tables::changelog_now& now) {
  copies_[join]->cluster_says(now);
}

std::vector<copy_status> joined_tables::status() const {
  std::vector<copy_status> all;
  for (const auto& c : copies_) all.push_back(c->status());
  return all;
}

}  // namespace corka::partition
