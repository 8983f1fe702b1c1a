#include "partition/dispatcher.hpp"

#include <algorithm>
#include <exception>
#include <utility>

namespace corka::partition {

namespace {

/// Timing every callback would cost as much as many callbacks do.
constexpr std::size_t time_one_of = 16;

}  // namespace

dispatcher::dispatcher(const parts& of, failure_handler& failures)
    : parts_{of}, failures_{failures}, scope_{of.scopes.take()} {}

task<> dispatcher::run(std::uint16_t input, intake& of, std::size_t end) {
  scope_.topic = &of.edge->topic;
  return of.edge->handler->is_coroutine() ? run_coroutines(input, of, end) : run_plain(input, of, end);
}

task<> dispatcher::run_plain(std::uint16_t input, intake& of, std::size_t end) {
  const auto& edge = *of.edge;
  const auto& handler = *edge.handler;
  auto& tracker = parts_.trackers[input];
  auto& time = parts_.env.threads->time();
  const bool careful = failures_.careful();
  std::exception_ptr failure;
  while (of.next < end) {
    const auto i = of.next++;
    const auto& r = of.batch.records[i];
    const auto slot = tracker.begin(r.at);
    if (r.tombstone && !edge.tombstones) {
      tracker.finished(slot);
      continue;
    }
    scope_.begin(r, i, of.batch.keep.get(), input, slot, of.rows[i], false);
    const bool timed = i % time_one_of == 0;
    const auto from = timed ? time.now() : clock::time_point{};
    try {
      handler.call(scope_);
    } catch (...) { failure = std::current_exception(); }
    if (failure) {
      const bool done = co_await failures_.resolve(scope_, *edge.handler, std::exchange(failure, nullptr));
      if (!done) co_return;
    }
    if (careful) {
      failures_.finished(scope_);
      scope_.end();
    }
    if (timed) parts_.counts.callback_ns.record(static_cast<std::uint64_t>((time.now() - from).count()));
    tracker.finished(slot);
    if (!parts_.sender.congested()) continue;
    co_await room();
    if (parts_.state.halted()) co_return;
  }
}

task<> dispatcher::run_coroutines(std::uint16_t input, intake& of, std::size_t end) {
  const auto& edge = *of.edge;
  auto& tracker = parts_.trackers[input];
  auto& time = parts_.env.threads->time();
  const bool careful = failures_.careful();
  std::exception_ptr failure;
  while (of.next < end && !parts_.state.halted()) {
    const auto i = of.next++;
    const auto& r = of.batch.records[i];
    const auto slot = tracker.begin(r.at);
    if (r.tombstone && !edge.tombstones) {
      tracker.finished(slot);
      continue;
    }
    scope_.begin(r, i, of.batch.keep.get(), input, slot, of.rows[i], true);
    const auto from = time.now();
    try {
      co_await edge.handler->start(scope_);
    } catch (...) { failure = std::current_exception(); }
    if (failure) {
      const bool done = co_await failures_.resolve(scope_, *edge.handler, std::exchange(failure, nullptr));
      if (!done) co_return;
    }
    if (careful) failures_.finished(scope_);
    scope_.end();
    parts_.counts.callback_ns.record(static_cast<std::uint64_t>((time.now() - from).count()));
    tracker.finished(slot);
    co_await room();
  }
}

bool dispatcher::too_much() const {
  if (parts_.sender.congested()) return true;
  const auto most = parts_.env.options->undone_records;
  return std::ranges::any_of(parts_.trackers, [most](const commit_tracker& t) { return t.under_way() >= most; });
}

task<> dispatcher::room() {
  while (!parts_.state.halted() && too_much()) co_await parts_.state.next_settled();
}

}  // namespace corka::partition
