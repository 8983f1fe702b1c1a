#include "partition/partition_runner.hpp"

#include "partition/interruption.hpp"

#include <fmt/format.h>
#include <boost/asio/this_coro.hpp>

#include <algorithm>
#include <exception>

namespace corka::partition {

namespace {

std::vector<std::string> names_of(const std::vector<const input_edge*>& edges) {
  std::vector<std::string> names;
  for (const auto* edge : edges) names.push_back(edge->topic.str());
  return names;
}

std::vector<std::string> outputs_of(const declaration& group) {
  std::vector<std::string> names;
  for (const auto& output : group.outputs) names.push_back(output.topic.str());
  if (group.loop) names.push_back(group.loop->topic.str());
  return names;
}

/// Joined tables that the group has no position in, nor this member a copy of, begin as they are.
start_point with_first_changes(const environment& env, start_point start) {
  for (std::size_t c = 0; c < start.changes.size(); ++c) {
    auto& at = start.changes[c];
    const auto join = std::ranges::find(env.group->joins, at.where.topic, &beside_edge::topic);
    const auto& from = start.joins[static_cast<std::size_t>(join - env.group->joins.begin())];
    if (at.next >= offset{0} || from.store->last_checkpoint()) continue;
    at.next = from.available.high;
    start.begun.push_back(at);
  }
  return start;
}

std::vector<commit_tracker> trackers_at(const std::vector<kafka::position>& starts) {
  std::vector<commit_tracker> trackers;
  for (const auto& start : starts) trackers.emplace_back(start.next);
  return trackers;
}

}  // namespace

partition_runner::partition_runner(const environment& env, partition_id number, executor strand, std::size_t worker,
                                   start_point start, std::shared_ptr<store::table_store> store, publisher publish)
    : env_{env},
      number_{number},
      strand_{strand},
      check_{strand},
      worker_{worker},
      start_{with_first_changes(env, std::move(start))},
      fetched_{static_cast<std::uint16_t>(start_.inputs.size())},
      store_{std::move(store)},
      log_{env.log.named(fmt::format("{}/{}", env.group->name.str(), number.value))},
      trackers_{trackers_at(start_.called())},
      counts_{names_of(env.called_edges()), outputs_of(*env.group)},
      children_{strand},
      control_{strand, env.threads->time()},
      wake_{strand},
      reported_{strand},
      deadline_timer_{strand, env.threads->time()},
      sender_{env, number, trackers_, counts_, reported_.remote()},
      joins_{env, strand, std::move(start_.joins), {trackers_, fetched_, start_.changes, control_, wake_}, log_},
      rows_{env, store_, sender_.rows()},
      scopes_{sender_, joins_, *env.group, number, strand, log_},
      parts_{env_, number_, strand_, log_, control_, trackers_, sender_, counts_, scopes_, children_, wake_},
      failures_{parts_},
      dispatcher_{parts_, failures_},
      checkpoints_{env,     strand,  log_,   control_,     inputs_,         trackers_,
                   sender_, counts_, store_, start_.table, start_.called(), std::move(publish)} {
  const auto edges = env.called_edges();
  const auto starts = start_.called();
  for (std::size_t i = 0; i < edges.size(); ++i) {
    auto& in = inputs_.emplace_back();
    in.edge = edges[i];
    in.counts = counts_.inputs[i].get();
    in.counts->processed = starts[i].next.value;
    in.counts->committed = starts[i].next.value;
    if (i < fetched_) in.counts->end = start_.ends[i].value;
    if (env.group->loop && in.edge == &*env.group->loop) in.counts->retention = env.group->options.loop_retention;
  }
  control_.on_halt([this] {
    // A recovery is cancelled instead.
    if (recovered_) joins_.stop();
    wake_.notify();
  });
  if (lane_dispatcher::needed(*env.group)) lanes_.emplace(parts_, failures_, inputs_);
  if (!env.group->visitors.empty()) {
    const auto own_tracker = static_cast<std::uint16_t>(trackers_.size());
    trackers_.emplace_back(offset{0});
    visits_.emplace(parts_, own_tracker, store_, checkpoints_, dispatcher_, lanes_ ? &*lanes_ : nullptr, joins_);
  }
  loop_.emplace(parts_, loop_work{inputs_, fetched_, rows_, joins_, dispatcher_, lanes_ ? &*lanes_ : nullptr,
                                  visits_ ? &*visits_ : nullptr, checkpoints_});
}

partition_runner::~partition_runner() = default;

task<> partition_runner::run(kafka::record_reader& reader) {
  children_.on_failure([this] {
    // First: a callback that is about to return must not begin the next record of its key, which nobody would cancel.
    control_.stop();
    cut_off();
  });
  children_.spawn(work(reader));
  children_.spawn(book_reports());
  std::exception_ptr failure;
  try {
    co_await children_.join();
  } catch (...) { failure = std::current_exception(); }
  // A `stop` that comes late starts nothing any more: nobody would wait for it.
  control_.closing = true;
  if (failure) ended_by_ = failure;
  if (visits_) visits_->abort(failure_text());
  // Whatever ended it: the reader may be closed once we return.
  for (auto& in : inputs_) in.source.reset();
  ended_ = true;
  if (failure) std::rethrow_exception(failure);
}

void partition_runner::stop(clock::time_point deadline) {
  check_("partition_runner::stop");
  // Of what is cancelled already nothing has to be cut short.
  if (control_.closing || control_.cut_off) return;
  if (control_.stopping() && deadline_ && *deadline_ <= deadline) return;
  const bool watched = deadline_.has_value();
  control_.stop();
  deadline_ = deadline;
  if (!recovered_) {
    // Nothing is under way that would need an end; the recovery goes on where it stands next time.
    cut_off();
    return;
  }
  counts_.state = partition_state::draining;
  if (watched) deadline_timer_.cancel();
  else children_.spawn(watch_deadline());
}

void partition_runner::abandon() {
  check_("partition_runner::abandon");
  control_.stop();
  cut_off();
}

void partition_runner::cut_off() {
  control_.cut_off = true;
  children_.cancel();
}

task<> partition_runner::watch_deadline() {
  // A cancelled wait means: the deadline moved, or the partition has ended.
  while (!control_.closing) {
    const bool due = co_await deadline_timer_.wait_until(*deadline_);
    if (!due) continue;
    say_what_is_left();
    cut_off();
    co_return;
  }
}

void partition_runner::say_what_is_left() const {
  std::size_t undone = 0;
  for (const auto& tracker : trackers_) undone += tracker.under_way();
  log_.warn(
      fmt::format("gave up after the deadline with {} sends unacknowledged and {} records not done: they will be "
                  "processed again by the next owner",
                  sender_.outstanding() - sender_.deferrals().size(), undone));
  constexpr std::size_t named = 10;
  const auto left = sender_.deferrals().names(named);
  for (const auto& name : left) log_.warn(fmt::format("{}: deferred and never completed", name));
  if (const auto all = sender_.deferrals().size(); all > left.size()) {
    log_.warn(fmt::format("{} more were deferred and never completed", all - left.size()));
  }
}

task<> partition_runner::work(kafka::record_reader& reader) {
  std::exception_ptr failure;
  try {
    co_await recover(reader);
    open_inputs(reader);
    children_.spawn(checkpoints_.keep());
    co_await loop_->catch_up();
    if (!control_.halted()) counts_.state = partition_state::running;
    env_.changed->wake_all();
    co_await loop_->run();
  } catch (...) { failure = std::current_exception(); }
  const auto state = co_await boost::asio::this_coro::cancellation_state;
  if (failure && state.cancelled() != boost::asio::cancellation_type::none) std::rethrow_exception(failure);
  if (failure) {
    report(failure);
    if (!recovered_) std::rethrow_exception(failure);
    ended_by_ = failure;
    // What was done before the failure is still saved and committed.
    if (!deadline_) {
      deadline_ = env_.threads->time().now() + env_.options->revoke_deadline;
      children_.spawn(watch_deadline());
    }
  }
  std::exception_ptr cut_short;
  try {
    co_await drain();
  } catch (...) { cut_short = std::current_exception(); }
  // A callback that was let end may have failed instead.
  if (!failure && control_.failure()) {
    failure = control_.failure();
    report(failure);
  }
  // Also where the deadline came first: a partition that has failed does not end as if it had been told to.
  if (failure) std::rethrow_exception(failure);
  if (cut_short) std::rethrow_exception(cut_short);
}

void partition_runner::report(const std::exception_ptr& failure) {
  try {
    std::rethrow_exception(failure);
  } catch (const interruption& e) {
    counts_.failed(e.what());  // what becomes of it is for who runs the partition to say
  } catch (const std::exception& e) {
    counts_.failed(e.what());
    log_.error(e.what());
  }
}

task<> partition_runner::recover(kafka::record_reader& reader) {
  checkpoints_.publish(start_.begun);
  joins_.follow(reader, children_);
  if (store_) {
    tables::table_recovery recovery{*env_.threads,
                                    reader,
                                    *store_,
                                    start_.table,
                                    start_.changelog,
                                    log_,
                                    env_.recovery_of(env_.group->table->topic)};
    // Also when it is cancelled: nobody may look at what is gone.
    struct watched {
      partition_runner* by;
      ~watched() { by->watch(nullptr); }
    } const while_it_lives{this};
    watch(&recovery.progress());
    tables::recovered result;
    try {
      result = co_await recovery.run();
    } catch (const error& e) {
      if (e.kind() != errc::topic_unknown) throw;
      throw interruption{e.kind(), e.what(), topic_partition{env_.group->table->topic, number_}};
    }
    sender_.table_recovered(result.changelog);
    counts_.changelog_offset = result.changelog.value;
    counts_.stored(store_->stats());
  }
  co_await joins_.recovered();
  recovered_ = true;
  if (visits_) visits_->start();
}

std::optional<recovery_status> partition_runner::recovery_now() const {
  const std::lock_guard lock{recovery_mutex_};
  return progress_ != nullptr ? progress_->status() : last_recovery_;
}

void partition_runner::watch(const tables::recovery_progress* progress) {
  const std::lock_guard lock{recovery_mutex_};
  if (progress_ != nullptr) last_recovery_ = progress_->status();
  progress_ = progress;
}

void partition_runner::open_inputs(kafka::record_reader& reader) {
  for (std::size_t i = 0; i < fetched_; ++i) {
    inputs_[i].source = reader.open(start_.inputs[i].where, start_.inputs[i].next, wake_.remote());
  }
  for (std::size_t i = fetched_; i < inputs_.size(); ++i) {
    inputs_[i].source = joins_.open_changes(inputs_[i].edge->topic);
  }
}

task<> partition_runner::drain() {
  counts_.state = counts_.state == partition_state::failed ? partition_state::failed : partition_state::draining;
  const auto under_way = [this] {
    return sender_.outstanding() > 0 || (lanes_ && lanes_->running() > 0) || (visits_ && visits_->slicing());
  };
  while (under_way()) co_await control_.next_settled();
  if (visits_) visits_->abort(failure_text());
  control_.closing = true;
  joins_.stop();
  checkpoints_.hurry();
  reported_.notify();
  co_await checkpoints_.ended().wait();
  deadline_timer_.cancel();
  loop_->end();
}

task<> partition_runner::book_reports() {
  while (!control_.closing) {
    co_await reported_.wait();
    for (const auto& lost : sender_.take_reports(scopes_)) {
      if (visits_ && lost.from.input == visits_->number()) visits_->lost(lost);
      else failures_.lost(lost);
    }
    control_.settled.set();
  }
}

// Empty where it was told to end.
std::string partition_runner::failure_text() const {
  if (ended_by_) {
    try {
      std::rethrow_exception(ended_by_);
    } catch (const interruption& e) {
      if (e.kind() == errc::topic_unknown) {
        return fmt::format("partition {}: {}; the processor begins anew", number_.value, e.what());
      }
      return fmt::format("partition {} goes back to its last commit: {}", number_.value, e.what());
    } catch (...) { /* said below */
    }
  }
  if (counts_.state != partition_state::failed) return {};
  return fmt::format("partition {} failed", number_.value);
}

void partition_runner::visit(std::shared_ptr<visit_part> part) {
  check_("partition_runner::visit");
  if (visits_) visits_->add(std::move(part));
}

void partition_runner::visit_cancelled() {
  if (visits_) visits_->look_for_cancelled();
}

void partition_runner::committed(const std::vector<kafka::position>& positions) {
  for (const auto& p : positions) {
    for (const auto& in : inputs_) {
      if (in.edge->topic == p.where.topic) in.counts->committed = p.next.value;
    }
  }
}

}  // namespace corka::partition
