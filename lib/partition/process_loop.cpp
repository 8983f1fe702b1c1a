#include "partition/process_loop.hpp"

#include "partition/interruption.hpp"
#include "partition/merge_fsm.hpp"

#include <corka/error.hpp>

#include <boost/asio/post.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <algorithm>
#include <exception>
#include <limits>
#include <variant>

namespace corka::partition {

namespace {

/// Rows between two turns of the partition's records.
constexpr std::size_t changes_per_slice = 100;
constexpr auto all_of_them = std::numeric_limits<std::size_t>::max();

}  // namespace

process_loop::process_loop(const parts& of, loop_work work)
    : parts_{of}, work_{work}, alarm_{of.strand, of.env.threads->time()} {}

task<> process_loop::run() {
  const bool merges = parts_.env.group->options.order == input_order::by_timestamp && work_.fetched > 1;
  if (merges) co_await run_by_timestamp();
  else co_await run_by_arrival();
  if (parts_.state.failure()) std::rethrow_exception(parts_.state.failure());
}

task<> process_loop::run_by_arrival() {
  while (!parts_.state.halted()) {
    bool any = false;
    for (std::uint16_t i = 0; i < work_.fetched && !parts_.state.halted(); ++i) {
      co_await work_.one_by_one.room();
      if (parts_.state.halted()) break;
      if (work_.lanes != nullptr) {
        // An input whose next record cannot begin yet does not hold up the others.
        const bool moved = co_await advance(i, all_of_them);
        any = any || moved;
      } else if (poll(i)) {
        any = true;
        co_await process_until(i, work_.inputs[i].batch.records.size());
      }
    }
    const bool between = co_await run_between();
    any = any || between;
    refresh_inputs();
    if (any) {
      // The other partitions of this worker, and our own acknowledgements, come in between.
      co_await boost::asio::post(parts_.strand, boost::asio::use_awaitable);
    } else if (!parts_.state.halted()) {
      co_await parts_.wake.wait();
    }
  }
}

task<> process_loop::run_by_timestamp() {
  const auto& loop = parts_.env.group->loop;
  std::vector<bool> awaited;
  for (const auto* edge : parts_.env.edges()) awaited.push_back(!loop || edge != &*loop);
  merge_fsm merge{awaited, parts_.env.group->options.idle_wait};
  while (!parts_.state.halted()) {
    co_await work_.one_by_one.room();
    for (std::uint16_t i = 0; i < work_.fetched && !parts_.state.halted(); ++i) {
      auto& in = work_.inputs[i];
      if (in.left() == 0 && poll(i) && in.left() == 0) parts_.trackers[i].moved_to(in.batch.position);
      if (in.left() > 0) merge.has(i, in.batch.records[in.next].timestamp_ms);
      else merge.lacks(i, in.counts->end > parts_.trackers[i].processed().value);
    }
    refresh_inputs();
    const bool between = co_await run_between();
    if (parts_.state.halted()) break;
    const auto next = merge.next(parts_.env.threads->time().now());
    if (const auto* take = std::get_if<merge_fsm::take>(&next)) {
      const auto& in = work_.inputs[take->input];
      auto end = in.next;
      while (end < in.batch.records.size() && take->admits(in.batch.records[end].timestamp_ms)) ++end;
      co_await process_until(static_cast<std::uint16_t>(take->input), end);
      co_await boost::asio::post(parts_.strand, boost::asio::use_awaitable);
    } else if (between) {
      co_await boost::asio::post(parts_.strand, boost::asio::use_awaitable);
    } else {
      if (const auto* wait = std::get_if<merge_fsm::wait>(&next)) wake_at(wait->until);
      co_await parts_.wake.wait();
    }
  }
}

// A slice of what is neither input nor loop. True if there was any.
task<bool> process_loop::run_between() {
  bool any = false;
  if (work_.fetched < work_.inputs.size()) any = co_await call_changes();
  if (work_.visiting != nullptr) {
    const bool visited = co_await visit_rows();
    any = any || visited;
  }
  co_return any;
}

task<> process_loop::catch_up() {
  if (work_.fetched == work_.inputs.size()) co_return;
  parts_.children.spawn(await_catching_up());
  while (!caught_up_ && !parts_.state.halted()) {
    const bool any = co_await call_changes();
    refresh_inputs();
    if (any) co_await boost::asio::post(parts_.strand, boost::asio::use_awaitable);
    else if (!caught_up_ && !parts_.state.halted()) co_await parts_.wake.wait();
  }
}

task<> process_loop::await_catching_up() {
  try {
    co_await work_.joins.caught_up();
  } catch (const error& e) {
    if (e.kind() != errc::stopped) throw;
  }
  caught_up_ = true;
  parts_.wake.notify();
}

// A slice of each joined table's changes. True if there were any.
task<bool> process_loop::call_changes() {
  bool any = false;
  for (auto i = work_.fetched; i < work_.inputs.size(); ++i) {
    co_await work_.one_by_one.room();
    if (parts_.state.halted()) break;
    auto& in = work_.inputs[i];
    if (work_.lanes != nullptr) {
      const bool moved = co_await advance(i, changes_per_slice);
      any = any || moved;
    } else if (in.left() > 0 || poll(i)) {
      any = true;
      co_await process_until(i, std::min(in.next + changes_per_slice, in.batch.records.size()));
    }
    // The follower waits for what is done.
    parts_.state.settled.set();
  }
  co_return any;
}

// True if there were rows to visit. Where several callbacks may be suspended, visitors are among them.
task<bool> process_loop::visit_rows() {
  auto& visiting = *work_.visiting;
  if (!visiting.ready() || parts_.state.halted()) co_return false;
  co_await visiting.prepare();
  if (work_.lanes != nullptr) parts_.children.spawn(visiting.slice());
  else co_await visiting.slice();
  trim_rows();
  co_return true;
}

// Only when nothing is left of the input's batch.
bool process_loop::poll(std::uint16_t input) {
  auto& in = work_.inputs[input];
  const auto& options = *parts_.env.options;
  in.next = 0;
  in.rows.clear();
  try {
    if (!in.source->poll({options.batch_records, options.batch_bytes}, in.batch)) return false;
  } catch (const error& e) {
    if (e.kind() != errc::offset_out_of_range && e.kind() != errc::topic_unknown) throw;
    const topic_partition where{in.edge->topic, parts_.number};
    throw interruption{e.kind(), e.what(), where, parts_.trackers[input].processed()};
  }
  in.counts->records.add(in.batch.records.size());
  in.counts->bytes.add(in.batch.bytes);
  if (!in.batch.records.empty()) in.counts->timestamp_ms = in.batch.records.front().timestamp_ms;
  return true;
}

task<> process_loop::fetch_rows(intake& of) {
  co_await work_.rows.fetch(of);
  if (work_.joins.any()) co_await work_.joins.fetch(of.batch);
}

task<> process_loop::process_until(std::uint16_t input, std::size_t end) {
  auto& in = work_.inputs[input];
  if (in.rows.empty()) co_await fetch_rows(in);
  if (work_.lanes != nullptr) {
    // In this order, whichever input is next: what cannot begin yet is waited for.
    while (!parts_.state.halted() && in.left() > 0 && in.next < end) {
      if (!work_.lanes->advance(input, in, end)) co_await parts_.state.next_settled();
      co_await work_.one_by_one.room();
    }
  } else {
    // Not if it was told to stop while it waited for a joined table.
    if (!parts_.state.halted()) co_await work_.one_by_one.run(input, in, end);
    if (in.next > 0) note_age(in);
    if (in.left() == 0) parts_.trackers[input].moved_to(in.batch.position);
  }
  trim_rows();
}

// Of the last record that was called.
void process_loop::note_age(const intake& in) {
  const auto at = in.batch.records[in.next - 1].timestamp_ms;
  in.counts->timestamp_ms = at;
  parts_.counts.ended(at, parts_.env.threads->time().wall_ms());
}

task<bool> process_loop::advance(std::uint16_t input, std::size_t most) {
  auto& in = work_.inputs[input];
  const bool polled = in.left() == 0 && poll(input);
  if (in.left() == 0) {
    if (polled) parts_.trackers[input].moved_to(in.batch.position);
    co_return polled;
  }
  if (in.rows.empty()) co_await fetch_rows(in);
  const bool begun = work_.lanes->advance(input, in, in.next + std::min(most, in.left()));
  trim_rows();
  co_return polled || begun;
}

void process_loop::refresh_inputs() {
  for (std::size_t i = 0; i < work_.inputs.size(); ++i) work_.inputs[i].refresh(parts_.trackers[i].processed());
}

// An earlier alarm may ring instead: whoever is woken looks again.
void process_loop::wake_at(clock::time_point at) {
  if (alarm_set_) return;
  alarm_set_ = true;
  parts_.children.spawn(ring(at));
}

task<> process_loop::ring(clock::time_point at) {
  (void)co_await alarm_.wait_until(at);
  alarm_set_ = false;
  parts_.wake.notify();
}

void process_loop::trim_rows() {
  const auto& options = *parts_.env.options;
  auto& overlay = parts_.sender.rows();
  if (overlay.dirty_bytes() > options.commit_bytes && !overlay.is_frozen()) work_.checkpoints.hurry();
  if (overlay.bytes() > options.cache_bytes + overlay.dirty_bytes()) {
    overlay.evict(options.cache_bytes / 2 + overlay.dirty_bytes());
    // What is left of other inputs' batches is fetched again; lanes keep their rows.
    if (work_.lanes != nullptr) return;
    for (auto& in : work_.inputs) in.rows.clear();
  }
}

}  // namespace corka::partition
