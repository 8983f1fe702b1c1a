#include "kafka/embedded/producer_core.hpp"

#include "kafka/embedded/catalog.hpp"
#include "kafka/embedded/faults.hpp"

#include <corka/error.hpp>

#include <fmt/format.h>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/post.hpp>

#include <algorithm>
#include <utility>

namespace corka::kafka::embedded {

namespace {

constexpr std::size_t frame_full = 128U << 10U;
constexpr std::size_t frame_overhead = 96;  // what a record alone in a frame takes beyond its bytes, as in Kafka
constexpr std::size_t spare_most = 32;

std::size_t size_of(const outgoing& what) {
  auto n = what.key.size() + (what.tombstone ? 0 : what.value.size());
  for (const auto& h : what.headers) n += h.name.size() + (h.value ? h.value->size() : 0);
  return n;
}

}  // namespace

producer_core::producer_core(std::shared_ptr<broker> on, producer_options options, executor control)
    : on_{std::move(on)},
      options_{std::move(options)},
      control_{control},
      wake_{control},
      linger_wanted_{control},
      linger_{control, on_->time()},
      closing_until_{control, on_->time()},
      ended_{control},
      link_{on_->connect(options_.client_id, wake_.remote())} {
  if (auto* plan = on_->faults(); plan != nullptr) flights_.emplace(*plan, on_, link_, control_);
}

void producer_core::start() {
  if (flights_) boost::asio::co_spawn(control_, fly(shared_from_this()), boost::asio::detached);
  boost::asio::co_spawn(control_, write_loop(shared_from_this()), boost::asio::detached);
  boost::asio::co_spawn(control_, linger_loop(shared_from_this()), boost::asio::detached);
}

std::shared_ptr<output_topic> producer_core::topic(const topic_name& name) {
  if (!link_->up()) {
    throw error{errc::broker_unavailable,
                fmt::format("topic '{}': the embedded broker is away: try again", name.str())};
  }
  const std::lock_guard lock{topics_mutex_};
  for (const auto& t : topics_) {
    if (t->topic() == name && !t->target().removed()) return t;
  }
  auto found = on_->topics().find(name);
  if (!found) {
    throw error{errc::topic_unknown,
                fmt::format("topic '{}' does not exist: create it, or correct its name", name.str())};
  }
  topics_.push_back(std::make_shared<topic_output>(std::move(found)));
  return topics_.back();
}

sink_id producer_core::attach(std::shared_ptr<delivery_sink> sink) {
  const std::lock_guard lock{sinks_mutex_};
  // In a circle, so that late reports of one who left do not go to one who just came.
  do ++last_sink_;
  while (sinks_.contains(last_sink_));
  sinks_.emplace(last_sink_, std::move(sink));
  return last_sink_;
}

void producer_core::detach(sink_id id) noexcept {
  const std::lock_guard lock{sinks_mutex_};
  sinks_.erase(id);
}

std::unique_ptr<outgoing_batch> producer_core::take_spare() {
  const std::lock_guard lock{mutex_};
  if (spare_.empty()) return std::make_unique<outgoing_batch>();
  auto spare = std::move(spare_.back());
  spare_.pop_back();
  return spare;
}

void producer_core::send(const topic_output& to, const outgoing& what, sink_id sink, std::uint64_t tag) {
  const auto size = size_of(what);
  records_.fetch_add(1, std::memory_order_relaxed);
  bytes_.fetch_add(size, std::memory_order_relaxed);
  if (closed_) return refuse(sink, tag, size, errc::stopped);
  if (to.target().removed() || !to.target().has(what.partition)) return refuse(sink, tag, size, errc::topic_unknown);
  if (size + frame_overhead > to.target().config().max_message_bytes)
    return refuse(sink, tag, size, errc::record_too_large);

  auto& own = to.at(what.partition);
  if (auto* plan = on_->faults(); plan != nullptr)
    plan->sent({to.topic(), what.partition}, what.key, what.value, options_.client_id);
  const std::lock_guard lock{own.mutex};
  if (!own.listed && !list(own)) return refuse(sink, tag, size, errc::stopped);
  if (!own.open) own.open = take_spare();
  auto& batch = *own.open;
  std::optional<std::string_view> value;
  if (!what.tombstone) value = what.value;
  const auto time = what.timestamp_ms < 0 ? on_->time().wall_ms() : what.timestamp_ms;
  batch.frame.add(batch.frame.next_delta(), time, what.key, value, what.headers);
  batch.entries.push_back({tag, static_cast<std::uint32_t>(size), sink});
  if (batch.frame.size() < frame_full) return;

  own.full.push_back(std::move(own.open));
  if (!link_->up()) return;
  if (writes_aside()) {
    request_flush();
  } else {
    write(own, {});
    wake_.notify();
  }
}

bool producer_core::list(accumulator& of) {
  bool starts = false;
  {
    const std::lock_guard lock{mutex_};
    if (drained_) return false;
    listed_.push_back(&of);
    starts = !std::exchange(lingering_, true);
  }
  of.listed = true;
  if (starts) linger_wanted_.notify();
  return true;
}

void producer_core::request_flush() noexcept {
  {
    const std::lock_guard lock{mutex_};
    flush_requested_ = true;
  }
  wake_.notify();
}

void producer_core::hurry() noexcept {
  if (records_ > 0) request_flush();
}

bool producer_core::take_request() {
  if (!link_->up()) return false;
  const std::lock_guard lock{mutex_};
  return std::exchange(flush_requested_, false);
}

void producer_core::write_listed(std::error_code fail_with) {
  std::vector<accumulator*> listed;
  {
    const std::lock_guard lock{mutex_};
    listed.swap(listed_);
    if (fail_with) drained_ = true;
  }
  for (auto* of : listed) {
    std::vector<std::unique_ptr<outgoing_batch>> batches;
    if (writes_aside() && !fail_with) {
      // Senders go on while the disk is waited for. Only one call of this kind runs at a time, so the order is kept.
      const std::lock_guard lock{of->mutex};
      of->listed = false;
      batches.swap(of->full);
      if (of->open) batches.push_back(std::move(of->open));
    } else {
      const std::lock_guard lock{of->mutex};
      of->listed = false;
      if (of->open) of->full.push_back(std::move(of->open));
      write(*of, fail_with);
    }
    for (auto& b : batches) write(*of, std::move(b), {});
  }
}

void producer_core::write(accumulator& of, std::error_code fail_with) {
  for (auto& b : of.full) write(of, std::move(b), fail_with);
  of.full.clear();
}

void producer_core::write(accumulator& of, std::unique_ptr<outgoing_batch> batch, std::error_code fail_with) {
  if (!fail_with && flights_) return flights_->take_off(of, std::move(batch));
  finished_batch f{std::move(batch), 0, fail_with};
  if (!f.failed && on_->times_out(*of.partition)) f.failed = errc::timed_out;
  if (!f.failed) f.append_to(*of.partition, *on_);
  const std::lock_guard lock{mutex_};
  finished_.push_back(std::move(f));
}

task<> producer_core::fly(std::shared_ptr<producer_core> self) {
  auto& my = *self;
  while (!my.loop_ended_) {
    my.flights_->move_on([&my](finished_batch f) {
      const std::lock_guard lock{my.mutex_};
      my.finished_.push_back(std::move(f));
    });
    my.report();
    co_await my.flights_->next();
  }
}

void producer_core::refuse(sink_id sink, std::uint64_t tag, std::size_t bytes, errc why) {
  {
    const std::lock_guard lock{mutex_};
    refused_.push_back({sink, delivery_report{tag, {}, why}, bytes});
  }
  if (loop_ended_) {
    boost::asio::post(control_, [self = shared_from_this()] { self->report(); });
  } else {
    wake_.notify();
  }
}

void producer_core::report() {
  std::vector<finished_batch> done;
  std::vector<refusal> refused;
  {
    const std::lock_guard lock{mutex_};
    done.swap(finished_);
    refused.swap(refused_);
  }
  if (done.empty() && refused.empty()) return;
  std::size_t records = refused.size();
  std::size_t bytes = 0;
  for (auto& [id, list] : reports_) list.clear();
  for (const auto& r : refused) {
    reports_[r.sink].push_back(r.report);
    bytes += r.bytes;
  }
  for (const auto& f : done) {
    auto at = f.base;
    sink_id last = 0;
    std::vector<delivery_report>* to = nullptr;
    for (const auto& e : f.what->entries) {
      if (to == nullptr || e.sink != last) to = &reports_[last = e.sink];
      to->push_back({e.tag, offset{f.failed ? 0 : at++}, f.failed});
      bytes += e.bytes;
    }
    records += f.what->entries.size();
  }
  {
    const std::lock_guard lock{mutex_};
    for (auto& f : done) {
      if (spare_.size() >= spare_most) break;
      f.what->frame.clear();
      f.what->entries.clear();
      spare_.push_back(std::move(f.what));
    }
  }
  // Before the sinks hear of it: who was held back by congested() may go on at once.
  const auto left = records_.fetch_sub(records) - records;
  bytes_.fetch_sub(bytes);
  for (auto& [id, list] : reports_) {
    if (list.empty()) continue;
    std::shared_ptr<delivery_sink> to;
    {
      const std::lock_guard lock{sinks_mutex_};
      if (const auto at = sinks_.find(id); at != sinks_.end()) to = at->second;
    }
    if (to) to->delivered(list);
  }
  if (left == 0 && closed_) closing_until_.cancel();
}

task<> producer_core::write_loop(std::shared_ptr<producer_core> self) {
  auto& my = *self;
  while (!my.giving_up_) {
    co_await my.wake_.wait();
    if (my.take_request()) {
      if (my.writes_aside()) {
        const auto write = [&my] { my.write_listed({}); };
        co_await async::blocking(my.on_->threads(), write);
      } else {
        my.write_listed({});
      }
    }
    my.report();
  }
  my.write_listed(errc::delivery_failed);
  if (my.flights_) {
    for (auto& lost : my.flights_->crash()) my.finished_.push_back({std::move(lost), 0, errc::delivery_failed});
  }
  my.loop_ended_ = true;
  my.report();
  my.linger_.cancel();
  my.linger_wanted_.notify();
  if (my.flights_) my.flights_->wake();
  my.ended_.set();
}

task<> producer_core::linger_loop(std::shared_ptr<producer_core> self) {
  auto& my = *self;
  while (true) {
    co_await my.linger_wanted_.wait();
    if (my.loop_ended_) co_return;
    if (my.options_.linger.count() > 0) co_await my.linger_.wait_for(my.options_.linger);
    if (my.loop_ended_) co_return;
    {
      const std::lock_guard lock{my.mutex_};
      my.lingering_ = false;
      my.flush_requested_ = true;
    }
    my.wake_.notify();
  }
}

task<> producer_core::close(clock::time_point deadline) {
  const auto self = shared_from_this();
  if (!closed_.exchange(true)) {
    struct at_end {
      producer_core& of;
      ~at_end() { of.abandon(); }
    } const give_up{*this};
    request_flush();
    if (records_ > 0) co_await closing_until_.wait_until(deadline);
  }
  co_await ended_.wait();
}

void producer_core::abandon() noexcept {
  closed_ = true;
  giving_up_ = true;
  wake_.notify();
}

}  // namespace corka::kafka::embedded
