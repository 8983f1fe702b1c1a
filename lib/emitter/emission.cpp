#include "emitter/emission.hpp"

#include <fmt/format.h>
#include <boost/asio/this_coro.hpp>

namespace corka::detail {

namespace {

// Stands in the place of the waiter once the emission is finished.
const async::signal::notifier finished_mark{};

std::string cure_for(errc why) {
  switch (why) {
    case errc::stopped: return "the emitter does not run: run it before emitting, and stop it after the last emission";
    case errc::record_too_large:
      return "it is larger than the broker takes: send less, or raise the topic's max.message.bytes";
    case errc::topic_unknown:
      return "the topic does not exist: create it, or set emitter_options::create_with_partitions";
    case errc::unauthorized: return "the cluster does not allow it: check the credentials and the topic's access rules";
    case errc::timed_out:
    case errc::broker_unavailable: return "no broker took it in time: check that the cluster is reachable";
    default: return make_error_code(why).message();
  }
}

task<record_position> outcome(std::shared_ptr<emitted::state> of) {
  if (!of->finished()) {
    const auto here = co_await boost::asio::this_coro::executor;
    async::signal done{here};
    if (of->wake_when_finished(done.remote())) {
      struct forget {
        emitted::state* state;
        ~forget() { state->forget_waiter(); }
      } const at_end{of.get()};
      while (!of->finished()) co_await done.wait();
    }
  }
  co_return of->result();
}

}  // namespace

error delivery_error(const topic_name& topic, partition_id partition, std::error_code why) {
  const bool ours = why.category() == error_category();
  const auto kind = ours ? static_cast<errc>(why.value()) : errc::delivery_failed;
  const auto reason = ours ? cure_for(kind) : why.message();
  if (partition.value < 0) return {kind, fmt::format("a record for topic '{}' was not sent: {}", topic.str(), reason)};
  return {kind, fmt::format("a record for {}/{} was not written: {}", topic.str(), partition.value, reason),
          topic_partition{topic, partition}};
}

emitted::state::~state() { forget_waiter(); }

bool emitted::state::finished() const noexcept { return waiter_.load(std::memory_order_acquire) == &finished_mark; }

void emitted::state::finish(offset where, std::error_code why) noexcept {
  at = where;
  failed = why;
  const std::unique_ptr<const async::signal::notifier> wake{
      waiter_.exchange(&finished_mark, std::memory_order_acq_rel)};
  if (wake) (*wake)();
}

bool emitted::state::wake_when_finished(async::signal::notifier by) {
  auto mine = std::make_unique<const async::signal::notifier>(std::move(by));
  const async::signal::notifier* nobody = nullptr;
  if (waiter_.compare_exchange_strong(nobody, mine.get(), std::memory_order_acq_rel)) {
    (void)mine.release();
    return true;
  }
  if (nobody == &finished_mark) return false;
  throw error{errc::internal,
              fmt::format("acked() of one emission to '{}' is awaited twice at the same time: await it once "
                          "and share the result",
                          topic->str())};
}

void emitted::state::forget_waiter() noexcept {
  auto* now = waiter_.load(std::memory_order_acquire);
  while (now != nullptr && now != &finished_mark) {
    if (waiter_.compare_exchange_weak(now, nullptr, std::memory_order_acq_rel)) {
      delete now;
      return;
    }
  }
}

record_position emitted::state::result() const {
  if (failed) throw delivery_error(*topic, partition, failed);
  return {partition, at};
}

task<record_position> emitted::acked() const { return outcome(state_); }

emission_log::block::block(std::shared_ptr<const topic_name> t) : topic{std::move(t)} {
  for (auto& s : states) s.topic = topic.get();
}

emission_log::entry emission_log::add() {
  if (next_ == first_ + blocks_.size() * block_size) blocks_.push_back(std::make_shared<block>(topic_));
  const auto tag = next_++;
  ++unfinished_;
  return {tag, std::shared_ptr<emitted::state>{blocks_.back(), &at(tag)}};
}

std::shared_ptr<emitted::state> emission_log::refused(std::error_code why) const {
  struct alone {
    std::shared_ptr<const topic_name> topic;
    emitted::state state;
  };
  const auto made = std::make_shared<alone>();
  made->topic = topic_;
  made->state.topic = topic_.get();
  made->state.finish({}, why);
  return {made, &made->state};
}

emitted::state& emission_log::at(std::uint64_t tag) noexcept {
  const auto i = tag - first_;
  return blocks_[i / block_size]->states[i % block_size];
}

std::optional<partition_id> emission_log::finish(std::uint64_t tag, offset where, std::error_code why) noexcept {
  if (tag < low_ || tag >= next_ || at(tag).finished()) return std::nullopt;
  const auto partition = at(tag).partition;
  at(tag).finish(where, why);
  --unfinished_;
  while (low_ < next_ && at(low_).finished()) {
    if (++low_ - first_ == block_size) {
      blocks_.pop_front();
      first_ += block_size;
    }
  }
  return partition;
}

std::size_t emission_log::fail_all(std::error_code why) noexcept {
  const auto count = unfinished_;
  while (low_ < next_) finish(low_, {}, why);
  return count;
}

}  // namespace corka::detail
