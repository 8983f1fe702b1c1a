#include "partition/joined_copy.hpp"

#include "partition/control.hpp"

#include <corka/error.hpp>

#include <utility>
#include <vector>

namespace corka::partition {

joined_copy::joined_copy(const environment& env, const beside_edge& edge, executor strand, join_start start,
                         std::optional<copy_calls> calls, const logger& log)
    : env_{env},
      edge_{edge},
      strand_{strand},
      start_{std::move(start)},
      log_{log},
      calls_{calls},
      loader_{*env.threads} {}

void joined_copy::follow(kafka::record_reader& reader, async::task_group& on) {
  if (stopped_) return;
  // A reader reads a partition once: what is an input as well is read by another one.
  auto& by = env_.is_input(edge_.topic) ? *env_.joins_aside : reader;
  {
    const std::lock_guard lock{mutex_};
    tables::follower_options options;
    options.recovery = env_.recovery_of(edge_.topic);
    options.recovery.update = edge_.update;
    if (calls_) {
      options.announces = true;
      options.recovery.left.emplace();
      if (calls_->from >= offset{0}) options.recovery.left->from = calls_->from;
    }
    follower_.emplace(*env_.threads, strand_, by, *start_.store, start_.of, env_.ask, log_, options,
                      static_cast<tables::table_listener*>(this));
  }
  on.spawn(follower_->run(tables::changelog_now{start_.of.topic_id, start_.available}));
}

task<> joined_copy::recovered() { co_await follower_->ready(); }

void joined_copy::stop() {
  stopped_ = true;
  if (follower_) follower_->stop();
}

task<> joined_copy::fetch(const kafka::record_batch& batch) {
  // A table that is being read from its start has not all its rows: they would be taken for absent.
  if (!follower_->is_current() && follower_->status().state == copy_state::recovering) {
    try {
      co_await follower_->ready();
    } catch (const error& e) {
      if (e.kind() != errc::stopped) throw;
      co_return;
    }
  }
  // Before any pointer to a row is taken.
  if (rows_.bytes() > env_.options->cache_bytes) rows_.evict(env_.options->cache_bytes / 2);
  for (const auto& r : batch.records) loader_.want(rows_.at(r.key));
  if (loader_.nothing_to_load()) co_return;
  const auto read_before = rereads_;
  co_await loader_.load(*start_.store, rows_);
  // What was loaded meanwhile may be older than what was read: it is asked for again where it is needed.
  if (rereads_ != read_before) rows_.unload();
}

std::optional<std::string_view> joined_copy::row(std::string_view key) {
  if (!shown_.empty()) {
    if (const auto found = shown_.find(key); found != shown_.end()) return found->second;
  }
  auto& r = rows_.at(key);
  if (!r.loaded) {
    start_.store->get({&key, 1}, [&](std::size_t, std::string_view value) { rows_.loaded(r, value); });
    rows_.loaded(r, std::nullopt);
  }
  if (!r.present) return std::nullopt;
  return r.value;
}

task<> joined_copy::changed(std::span<const tables::row_change> rows) {
  for (const auto& r : rows) rows_.changed(r.key, r.after);
  shown_.clear();
  co_return;
}

task<> joined_copy::coming(std::span<const tables::coming_change> all, offset next) {
  // Of the batch before, which may have come to nothing: the store has it by now.
  shown_.clear();
  announced_.put(all, next);
  calls_->by.wake.notify();
  const auto& trackers = calls_->by.trackers;
  while (trackers[calls_->tracker].watermark() < next) co_await calls_->by.state.next_settled();
}

// Nothing of it is under way: each batch has waited for its end.
void joined_copy::announced_from(offset at) {
  auto& tracker = calls_->by.trackers[calls_->tracker];
  if (tracker.processed() != at) tracker = commit_tracker{at};
}

void joined_copy::show(std::string_view key, std::optional<std::string_view> now) {
  auto& shown = shown_[std::string{key}];
  if (now) shown.emplace(*now);
  else shown.reset();
}

task<> joined_copy::reread() {
  ++rereads_;
  rows_.unload();
  shown_.clear();
  co_return;
}

void joined_copy::cluster_says(const tables::changelog_now& now) {
  if (follower_) follower_->cluster_says(now);
}

copy_status joined_copy::status() const {
  const std::lock_guard lock{mutex_};
  if (follower_) return follower_->status();
  copy_status s;
  s.topic = start_.of.topic;
  s.partition = start_.of.partition;
  return s;
}

}  // namespace corka::partition
