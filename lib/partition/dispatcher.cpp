#include "partition/dispatcher.hpp"

#include "base/excerpt.hpp"

#include <fmt/format.h>
#include <boost/asio/this_coro.hpp>

#include <exception>
#include <string>

namespace corka::partition {

namespace {

/// Timing every callback would cost as much as many callbacks do.
constexpr std::size_t time_one_of = 16;

}  // namespace

dispatcher::dispatcher(const environment& env, partition_id number, const executor& strand, const logger& log,
                       control& state, std::vector<commit_tracker>& trackers, partition_sender& sender,
                       joined_tables& beside, metrics& counts)
    : env_{env},
      number_{number},
      control_{state},
      trackers_{trackers},
      sender_{sender},
      counts_{counts},
      scope_{sender, beside, strand, log} {
  scope_.partition = number_;
  scope_.group = &env.group->name;
  scope_.state_codec = env.group->table ? env.group->table->state_codec.get() : nullptr;
}

task<> dispatcher::run(std::uint16_t input, intake& of, std::size_t end) {
  return of.edge->handler->is_coroutine() ? run_coroutines(input, of, end) : run_plain(input, of, end);
}

task<> dispatcher::run_plain(std::uint16_t input, intake& of, std::size_t end) {
  const auto& edge = *of.edge;
  const auto& handler = *edge.handler;
  auto& tracker = trackers_[input];
  auto& time = env_.threads->time();
  scope_.topic = &edge.topic;
  while (of.next < end) {
    const auto i = of.next++;
    const auto& r = of.batch.records[i];
    const auto slot = tracker.begin(r.at);
    if (r.tombstone && !edge.tombstones) {
      tracker.finished(slot);
      continue;
    }
    scope_.begin(of.batch, i, input, slot, of.rows[i], false);
    const bool timed = i % time_one_of == 0;
    const auto from = timed ? time.now() : clock::time_point{};
    try {
      handler.call(scope_);
    } catch (const error& e) { throw failure_of(of, r, e.what(), e.kind()); } catch (const std::exception& e) {
      throw failure_of(of, r, e.what(), errc::callback_failed);
    }
    if (timed) counts_.callback_ns.record(static_cast<std::uint64_t>((time.now() - from).count()));
    tracker.finished(slot);
    if (!sender_.congested()) continue;
    co_await room();
    if (control_.stopping) co_return;
  }
}

task<> dispatcher::run_coroutines(std::uint16_t input, intake& of, std::size_t end) {
  const auto& edge = *of.edge;
  auto& tracker = trackers_[input];
  auto& time = env_.threads->time();
  scope_.topic = &edge.topic;
  while (of.next < end && !control_.stopping) {
    const auto i = of.next++;
    const auto& r = of.batch.records[i];
    const auto slot = tracker.begin(r.at);
    if (r.tombstone && !edge.tombstones) {
      tracker.finished(slot);
      continue;
    }
    scope_.begin(of.batch, i, input, slot, of.rows[i], true);
    const auto from = time.now();
    std::string why;
    auto kind = errc::callback_failed;
    std::exception_ptr failure;
    try {
      co_await edge.handler->start(scope_);
    } catch (const error& e) {
      failure = std::current_exception();
      why = e.what();
      kind = e.kind();
    } catch (const std::exception& e) {
      failure = std::current_exception();
      why = e.what();
    }
    scope_.end();
    if (failure) {
      const auto state = co_await boost::asio::this_coro::cancellation_state;
      if (state.cancelled() != boost::asio::cancellation_type::none) std::rethrow_exception(failure);
      throw failure_of(of, r, why, kind);
    }
    counts_.callback_ns.record(static_cast<std::uint64_t>((time.now() - from).count()));
    tracker.finished(slot);
    co_await room();
  }
}

error dispatcher::failure_of(const intake& of, const record& r, std::string_view why, errc kind) const {
  const topic_partition where{of.edge->topic, number_};
  return {kind,
          fmt::format("group '{}', {}@{}, key {}: {}; nothing is committed past this record: mend the callback or the "
                      "record's producer and start again",
                      env_.group->name.str(), to_string(where), r.at.value, excerpt(r.key, 80), why),
          where, r.at};
}

task<> dispatcher::room() {
  while (sender_.congested() && !control_.stopping) co_await control_.next_settled();
}

}  // namespace corka::partition
