#include "emitter/emitter_core.hpp"

#include "async/backoff.hpp"
#include "async/execution.hpp"
#include "async/timer.hpp"

#include <fmt/format.h>
#include <boost/asio/this_coro.hpp>

#include <algorithm>
#include <utility>

namespace corka::detail {

namespace {

const std::error_code stopped = make_error_code(errc::stopped);

}  // namespace

/// One coroutine's place among those that are woken when anything changes.
class emitter_core::waiter {
 public:
  waiter(emitter_core& core, const executor& here) : core_{core}, woken_{here} {
    const std::lock_guard lock{core_.mutex_};
    core_.waiters_.push_back(&woken_.remote());
  }
  waiter(const waiter&) = delete;
  waiter& operator=(const waiter&) = delete;
  ~waiter() {
    const std::lock_guard lock{core_.mutex_};
    std::erase(core_.waiters_, &woken_.remote());
  }
  [[nodiscard]] task<> wait() { return woken_.wait(); }

 private:
  emitter_core& core_;
  async::signal woken_;
};

emitter_core::emitter_core(topic_name t, partitioner by, emitter_options o)
    : topic{std::move(t)}, options{std::move(o)}, by_{by}, log_{topic} {}

std::shared_ptr<emitted::state> emitter_core::send(std::string_view key, std::optional<std::string_view> value,
                                                   const emit_options& with) {
  const std::lock_guard lock{mutex_};
  if (!takes()) {
    count(partition_id{-1}, stopped);
    return log_.refused(stopped);
  }
  auto made = log_.add();
  if (phase_ == phase::open) {
    hand_over(made.tag, *made.state, key, value, with);
  } else {
    auto copy = kept{made.tag, made.state, std::string{key}, std::nullopt, with};
    if (value) copy.value = std::string{*value};
    if (!copy.with.timestamp) copy.with.timestamp = record_time{time_->wall_ms()};
    kept_.push_back(std::move(copy));
  }
  return std::move(made.state);
}

void emitter_core::hand_over(std::uint64_t tag, emitted::state& of, std::string_view key,
                             std::optional<std::string_view> value, const emit_options& with) {
  headers_.clear();
  for (const auto* all : {&options.headers, &with.headers}) {
    for (const auto& h : *all) headers_.push_back({h.name, h.value});
  }
  try {
    of.partition = partition_of(key, to_->output->partitions(), by_);
  } catch (const error& e) {  // of a function of the program's
    return count(log_.finish(tag, offset{-1}, e.code()), e.code());
  }
  const kafka::outgoing what{.partition = of.partition,
                             .key = key,
                             .value = value.value_or(std::string_view{}),
                             .tombstone = !value,
                             .timestamp_ms = with.timestamp ? with.timestamp->ms() : -1,
                             .headers = headers_};
  to_->producer->send(*to_->output, what, to_->sink, tag);
}

void emitter_core::stop() noexcept {
  const std::lock_guard lock{mutex_};
  stop_ = true;
  run_();
  wake_waiters();
}

bool emitter_core::begin(async::signal::notifier wake, clock& time) {
  const std::lock_guard lock{mutex_};
  if (phase_ != phase::idle && phase_ != phase::ended) {
    throw error{errc::invalid_option,
                fmt::format("the emitter for '{}' runs already: await its run before running it again", topic.str())};
  }
  phase_ = phase::connecting;
  run_ = std::move(wake);
  time_ = &time;
  totals_ = {};
  return !stop_;
}

void emitter_core::connected(connection to) {
  const std::lock_guard lock{mutex_};
  to_ = std::move(to);
  for (const auto& k : kept_) hand_over(k.tag, *k.state, k.key, k.value, k.with);
  kept_.clear();
  phase_ = phase::open;
  wake_waiters();
}

void emitter_core::reported(std::span<const kafka::delivery_report> reports) {
  if (reports.empty()) return;
  const std::lock_guard lock{mutex_};
  for (const auto& r : reports) count(log_.finish(r.tag, r.at, r.failed), r.failed);
  wake_waiters();
}

void emitter_core::count(std::optional<partition_id> finished, std::error_code why) {
  if (!finished) return;
  ++(why ? totals_.failed : totals_.acknowledged);
  if (why && !first_failure_) first_failure_.emplace(*finished, why);
}

bool emitter_core::stopping() const {
  const std::lock_guard lock{mutex_};
  return stop_;
}

bool emitter_core::any_kept() const {
  const std::lock_guard lock{mutex_};
  return !kept_.empty();
}

void emitter_core::refuse() {
  const std::lock_guard lock{mutex_};
  phase_ = phase::closing;
  wake_waiters();
}

emitter_core::totals emitter_core::end(std::error_code left_over) {
  const std::lock_guard lock{mutex_};
  while (log_.unfinished() > 0) count(log_.finish(log_.low(), {}, left_over), left_over);
  kept_.clear();
  to_.reset();
  run_ = {};
  phase_ = phase::ended;
  stop_ = false;
  wake_waiters();
  return totals_;
}

void emitter_core::wake_waiters() noexcept {
  for (const auto* w : waiters_) (*w)();
}

bool emitter_core::is_open() const {
  if (stop_ || phase_ == phase::closing || phase_ == phase::ended) {
    throw error{errc::stopped, fmt::format("the emitter for '{}' was stopped", topic.str())};
  }
  return phase_ == phase::open;
}

std::optional<error> emitter_core::take_failure() {
  const auto failure = std::exchange(first_failure_, std::nullopt);
  if (!failure) return std::nullopt;
  return delivery_error(topic, failure->first, failure->second);
}

task<> emitter_core::ready(std::shared_ptr<emitter_core> self) {
  const auto may_go_on = [&] {
    const std::lock_guard lock{self->mutex_};
    return self->is_open() && self->log_.unfinished() <= self->options.buffer_records &&
           !self->to_->producer->congested();
  };
  if (may_go_on()) co_return;
  const auto here = co_await boost::asio::this_coro::executor;
  waiter change{*self, here};
  while (!may_go_on()) co_await change.wait();
}

task<> emitter_core::flush(std::shared_ptr<emitter_core> self) {
  const auto here = co_await boost::asio::this_coro::executor;
  waiter change{*self, here};
  const auto target = [&] {
    const std::lock_guard lock{self->mutex_};
    if (self->to_) self->to_->producer->hurry();
    return self->log_.next();
  }();
  const auto reached = [&] {
    const std::lock_guard lock{self->mutex_};
    return self->log_.low() >= target;
  };
  while (!reached()) co_await change.wait();
  const auto failure = [&] {
    const std::lock_guard lock{self->mutex_};
    return self->take_failure();
  }();
  if (failure) throw error{*failure};
}

namespace {

/// Asks until a broker answers: for an emitter a lost broker is no error.
task<std::vector<offset_range>> ask(std::shared_ptr<emitter_core> self, std::shared_ptr<kafka::admin> admin,
                                    std::vector<topic_partition> of, clock& time) {
  async::backoff pause{std::chrono::milliseconds{100}, std::chrono::milliseconds{2'000}};
  while (!self->stopping()) {
    try {
      auto ranges = co_await admin->offsets(of);
      co_return ranges;
    } catch (const error& e) {
      if (e.kind() != errc::broker_unavailable && e.kind() != errc::timed_out) throw;
    }
    co_await async::sleep_for(time, pause.next());
  }
  throw error{errc::stopped, fmt::format("the emitter for '{}' was stopped", self->topic.str())};
}

}  // namespace

task<std::vector<offset_range>> emitter_core::written(std::shared_ptr<emitter_core> self) {
  const auto open = [&] {
    const std::lock_guard lock{self->mutex_};
    return self->is_open();
  };
  const auto here = co_await boost::asio::this_coro::executor;
  waiter change{*self, here};
  while (!open()) co_await change.wait();

  std::unique_lock lock{self->mutex_};
  if (!self->to_) throw error{errc::stopped, fmt::format("the emitter for '{}' was stopped", self->topic.str())};
  const auto to = *self->to_;
  auto& time = *self->time_;
  lock.unlock();
  std::vector<topic_partition> all;
  for (std::int32_t p = 0; p < to.output->partitions(); ++p) all.push_back({self->topic, partition_id{p}});
  auto asking = ask(self, to.admin, std::move(all), time);
  auto ranges = co_await async::run_on(to.control, std::move(asking));
  co_return ranges;
}

}  // namespace corka::detail
