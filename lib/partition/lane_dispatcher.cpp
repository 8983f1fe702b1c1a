#include "partition/lane_dispatcher.hpp"

#include <boost/asio/this_coro.hpp>

#include <algorithm>
#include <limits>
#include <utility>

namespace corka::partition {

namespace {

/// Records of an input that may wait behind busy keys, so that a slow key does not hold up the others.
constexpr std::size_t waiting_each = 4;
constexpr std::size_t waiting_least = 256;
/// Stands for the visitor; no record has it.
constexpr auto claim_ticket = std::numeric_limits<key_lanes::ticket>::max();

std::vector<key_lanes::bound> bounds_of(const std::vector<intake>& inputs) {
  std::vector<key_lanes::bound> bounds;
  for (const auto& in : inputs) {
    const auto n = in.edge->concurrency;
    bounds.push_back({n, n > 1 ? std::max(waiting_least, waiting_each * n) : 0});
  }
  bounds.push_back({1, 1});  // visitors
  return bounds;
}

}  // namespace

lane_dispatcher::lane_dispatcher(const parts& of, failure_handler& failures, const std::vector<intake>& inputs)
    : parts_{of}, failures_{failures}, lanes_{bounds_of(inputs)}, visitors_{static_cast<std::uint16_t>(inputs.size())} {
  for (const auto& in : inputs) inputs_.push_back({in.edge});
}

lane_dispatcher::~lane_dispatcher() = default;

bool lane_dispatcher::needed(const declaration& group) {
  const auto several = [](const input_edge& in) { return in.concurrency > 1; };
  return std::ranges::any_of(group.inputs, several) || (group.loop && several(*group.loop));
}

bool lane_dispatcher::advance(std::uint16_t input, intake& of, std::size_t end) {
  auto& in = inputs_[input];
  if (in.current == nullptr) open_batch(in, of);
  auto& tracker = parts_.trackers[input];
  bool any = false;
  while (of.next < end && !parts_.state.halted() && !parts_.sender.congested()) {
    const auto& r = of.batch.records[of.next];
    auto* const row = of.rows[of.next];
    if (r.tombstone && !in.edge->tombstones) {
      tracker.finished(tracker.begin(r.at));
      leave(*in.current, row);
    } else {
      const auto t = next_ticket();
      const auto verdict = lanes_.offer(input, r.key, t);
      if (verdict == key_lanes::verdict::full) break;
      free_tickets_.pop_back();
      jobs_[t] = {in.current, &r, of.next, of.batch.keep.get(), row, input, tracker.begin(r.at), nullptr};
      if (verdict == key_lanes::verdict::begin) begin(t);
    }
    ++of.next;
    any = true;
  }
  if (of.left() == 0) close_batch(input, of);
  return any;
}

void lane_dispatcher::open_batch(input_state& in, const intake& of) {
  if (free_batches_.empty()) free_batches_.push_back(batches_.emplace_back(std::make_unique<held_batch>()).get());
  in.current = free_batches_.back();
  free_batches_.pop_back();
  in.current->uses = of.batch.records.size() + 1;
  for (auto* row : of.rows) {
    if (row != nullptr) ++row->pins;
  }
}

void lane_dispatcher::close_batch(std::uint16_t input, intake& of) {
  parts_.trackers[input].moved_to(of.batch.position);
  auto& taken = *std::exchange(inputs_[input].current, nullptr);
  std::swap(taken.batch, of.batch);
  of.next = 0;
  of.rows.clear();
  leave(taken, nullptr);
}

key_lanes::ticket lane_dispatcher::next_ticket() {
  if (free_tickets_.empty()) {
    free_tickets_.push_back(static_cast<ticket>(jobs_.size()));
    jobs_.emplace_back();
  }
  return free_tickets_.back();
}

void lane_dispatcher::begin(ticket t) {
  if (t == claim_ticket) return claim_granted();
  auto& j = jobs_[t];
  auto& in = inputs_[j.input];
  const auto& edge = *in.edge;
  in.begun_below = std::max(in.begun_below, j.slot + 1);
  const bool awaits = edge.handler->is_coroutine();
  parts_.counts.running = ++running_;
  j.scope = &parts_.scopes.take();
  j.scope->topic = &edge.topic;
  j.scope->begin(*j.what, j.index, j.keep, j.input, j.slot, j.row, awaits);
  if (awaits) return parts_.children.spawn(await(t));
  std::exception_ptr failure;
  try {
    edge.handler->call(*j.scope);
  } catch (...) { failure = std::current_exception(); }
  if (failure) parts_.children.spawn(await_resolution(t, std::move(failure)));
  else ended(t, true);
}

task<> lane_dispatcher::await(ticket t) {
  const auto& j = jobs_[t];
  auto& time = parts_.env.threads->time();
  const auto from = time.now();
  std::exception_ptr failure;
  try {
    co_await inputs_[j.input].edge->handler->start(*j.scope);
  } catch (...) { failure = std::current_exception(); }
  parts_.counts.callback_ns.record(static_cast<std::uint64_t>((time.now() - from).count()));
  if (failure) co_await await_resolution(t, std::move(failure));
  else ended(t, true);
}

task<> lane_dispatcher::await_resolution(ticket t, std::exception_ptr why) {
  const auto& j = jobs_[t];
  bool done = false;
  std::exception_ptr fatal;
  try {
    done = co_await failures_.resolve(*j.scope, *inputs_[j.input].edge->handler, std::move(why));
  } catch (...) { fatal = std::current_exception(); }
  const auto state = co_await boost::asio::this_coro::cancellation_state;
  if (fatal && state.cancelled() == boost::asio::cancellation_type::none) parts_.state.fail(fatal);
  ended(t, done);
}

void lane_dispatcher::ended(ticket t, bool done) {
  const auto j = jobs_[t];
  if (done && failures_.careful()) failures_.finished(*j.scope);
  j.scope->end();
  parts_.scopes.give_back(*j.scope);
  parts_.counts.running = --running_;
  if (done) {
    parts_.trackers[j.input].finished(j.slot);
    parts_.counts.ended(j.what->timestamp_ms, parts_.env.threads->time().wall_ms());
  }
  // A record that is not done keeps its lane: those behind it must not overtake it.
  if (done && !parts_.state.ends_at_once()) lanes_.finished(j.input, j.what->key, ready_);
  leave(*j.from, j.row);
  free_tickets_.push_back(t);
  parts_.state.settled.set();
  parts_.wake.notify();
  begin_ready();
}

void lane_dispatcher::begin_ready() {
  // A callback may end before it ever waits, and make the next one of its key ready: a loop, not a recursion.
  if (beginning_ready_) return;
  beginning_ready_ = true;
  while (!ready_.empty() && !parts_.state.ends_at_once()) {
    const auto t = ready_.front();
    ready_.erase(ready_.begin());
    if (may_begin(t)) begin(t);
    else lanes_.withdrawn(jobs_[t].input, ready_);
  }
  beginning_ready_ = false;
}

bool lane_dispatcher::may_begin(ticket t) const {
  return !parts_.state.stopping() || t == claim_ticket || jobs_[t].slot < inputs_[jobs_[t].input].begun_below;
}

void lane_dispatcher::leave(held_batch& batch, tables::row* row) {
  if (row != nullptr) --row->pins;
  if (--batch.uses > 0) return;
  batch.batch.clear();
  free_batches_.push_back(&batch);
}

task<bool> lane_dispatcher::claim(std::string_view key, std::function<bool()> give_up) {
  // One that was given up waits for its turn all the same.
  while (claim_ != claim_state::none) {
    if (give_up()) co_return false;
    co_await parts_.state.next_settled();
  }
  claimed_key_ = key;
  claim_ = lanes_.offer(visitors_, key, claim_ticket) == key_lanes::verdict::begin ? claim_state::held
                                                                                   : claim_state::waiting;
  while (claim_ == claim_state::waiting) {
    if (give_up()) {
      claim_ = claim_state::given_up;
      co_return false;
    }
    co_await parts_.state.next_settled();
  }
  co_return claim_ == claim_state::held;
}

void lane_dispatcher::claim_granted() {
  if (claim_ == claim_state::given_up || parts_.state.halted()) return release();
  claim_ = claim_state::held;
  parts_.state.settled.set();
}

void lane_dispatcher::release() {
  claim_ = claim_state::none;
  lanes_.finished(visitors_, claimed_key_, ready_);
  parts_.state.settled.set();
  parts_.wake.notify();
  begin_ready();
}

}  // namespace corka::partition
