#include "partition/checkpointer.hpp"

#include <fmt/format.h>

#include <utility>

namespace corka::partition {

checkpointer::checkpointer(const environment& env, const executor& strand, const logger& log, control& state,
                           std::vector<intake>& inputs, std::vector<commit_tracker>& trackers, partition_sender& sender,
                           metrics& counts, std::shared_ptr<store::table_store> store, store::identity table,
                           std::vector<kafka::position> starts, publisher publish)
    : env_{env},
      log_{log},
      control_{state},
      inputs_{inputs},
      trackers_{trackers},
      sender_{sender},
      counts_{counts},
      store_{std::move(store)},
      table_{std::move(table)},
      published_{std::move(starts)},
      publish_{std::move(publish)},
      due_{strand, env.threads->time()},
      ended_{strand} {
  if (env.group->loop) loop_.emplace(env.group->options.loop_retention);
}

task<> checkpointer::keep() {
  while (!control_.closing) {
    // The wait ends early when rows pile up, and at the end.
    if (!asked_ && sender_.rows().dirty_bytes() <= env_.options->commit_bytes) {
      (void)co_await due_.wait_for(env_.options->commit_interval);
    }
    co_await checkpoint();
  }
  co_await checkpoint();
  ended_.set();
}

std::uint64_t checkpointer::ask() {
  if (sender_.rows().dirty_rows() == 0) return begun_;
  asked_ = true;
  hurry();
  return begun_ + 1;
}

task<> checkpointer::checkpoint() {
  if (store_ && sender_.rows().dirty_rows() > 0) co_await save();
  counts_.dirty_rows = sender_.rows().dirty_rows();
  publish_watermarks();
  watch_loop();
}

task<> checkpointer::save() {
  const auto from = env_.threads->time().now();
  auto frozen = sender_.cut();
  asked_ = false;
  ++begun_;
  store::checkpoint at;
  for (std::size_t i = 0; i < inputs_.size(); ++i) {
    at.inputs.emplace_back(inputs_[i].edge->topic.str(), trackers_[i].watermark());
  }
  auto& cut = sender_.changelog();
  while (!cut.complete()) co_await control_.next_settled();
  at.changelog = cut.offset_of_cut();
  at.written_ms = env_.threads->time().wall_ms();
  auto save = [&] {
    frozen.sort();
    store_->apply(frozen.changes, table_, at);
    return store_->stats();
  };
  const auto size = co_await async::blocking(*env_.threads, std::move(save));
  cut.done();
  sender_.rows().thaw();
  saved_ = begun_;
  control_.settled.set();
  counts_.stored(size);
  counts_.checkpoint_wall_ms = at.written_ms;
  counts_.changelog_offset = at.changelog.value;
  counts_.checkpoint_ns.record(static_cast<std::uint64_t>((env_.threads->time().now() - from).count()));
}

void checkpointer::publish(const std::vector<kafka::position>& begun) {
  if (!begun.empty()) publish_(begun);
}

void checkpointer::publish_watermarks() {
  std::vector<kafka::position> moved;
  for (std::size_t i = 0; i < inputs_.size(); ++i) {
    inputs_[i].refresh(trackers_[i].processed());
    if (trackers_[i].watermark() == published_[i].next) continue;
    published_[i].next = trackers_[i].watermark();
    moved.push_back(published_[i]);
  }
  if (!moved.empty()) publish_(std::move(moved));
}

void checkpointer::watch_loop() {
  if (!loop_) return;
  for (const auto& in : inputs_) {
    if (!in.counts->retention) continue;
    const auto age = in.counts->lag_time(env_.threads->time().wall_ms());
    const auto reached = loop_->look(age);
    if (!reached) continue;
    log_.warn(fmt::format(
        "loop '{}': the oldest unprocessed record is {} s old and records are kept {} s: {}; add members, make the "
        "callback faster, or raise group_options.loop_retention and the topic's retention.ms",
        in.edge->topic.str(), age->count() / 1'000, loop_->retention().count() / 1'000,
        *reached == loop_watch::level::losing ? "records are being lost" : "records will be lost"));
  }
}

}  // namespace corka::partition
