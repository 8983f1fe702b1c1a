#include "kafka/embedded/flights.hpp"

#include <corka/error.hpp>

#include <algorithm>
#include <set>
#include <utility>

namespace corka::kafka::embedded {

namespace {

/// Those that wait for the broker look again now and then.
constexpr std::chrono::milliseconds look_again{20};

}  // namespace

void finished_batch::append_to(hosted_partition& to, broker& of) {
  try {
    base = to.append(what->frame);
  } catch (const std::exception& e) {
    of.tell_failure(e.what());
    failed = errc::delivery_failed;
  }
}

flights::flights(fault_plan& plan, std::shared_ptr<broker> on, std::shared_ptr<link> by, executor control)
    : plan_{plan}, on_{std::move(on)}, link_{std::move(by)}, flying_{control, on_->time()}, wanted_{control} {}

void flights::take_off(accumulator& from, std::unique_ptr<outgoing_batch> batch) {
  topic_partition where{from.topic, from.number};
  const auto how = plan_.writing(where, batch->entries.size());
  flight f{.from = &from,
           .where = std::move(where),
           .what = std::move(batch),
           .due = on_->time().now() + how.written_after,
           .told_after = how.told_after,
           .kept = how.kept || !how.failed,
           .twice = how.twice,
           .again_after_crash = how.again_after_crash,
           .failed = how.failed};
  for (const auto& earlier : under_way_) {
    if (earlier.from == &from) f.due = std::max(f.due, earlier.due);
  }
  under_way_.push_back(std::move(f));
  wake();
}

void flights::move_on(const std::function<void(finished_batch)>& landed) {
  due_ = clock::time_point::max();
  std::set<const accumulator*> behind;
  for (auto at = under_way_.begin(); at != under_way_.end();) {
    const bool first = !behind.contains(at->from);
    if (first && move_on(*at)) {
      landed({std::move(at->what), at->base, at->failed});
      at = under_way_.erase(at);
      continue;
    }
    behind.insert(at->from);
    if (first) due_ = std::min(due_, at->due);
    ++at;
  }
}

task<> flights::next() {
  if (under_way_.empty()) co_await wanted_.wait();
  else (void)co_await flying_.wait_until(std::max(due_, on_->time().now() + look_again));
}

void flights::wake() {
  wanted_.notify();
  flying_.cancel();
}

std::vector<std::unique_ptr<outgoing_batch>> flights::crash() {
  std::vector<std::unique_ptr<outgoing_batch>> lost;
  for (auto& f : under_way_) lost.push_back(std::move(f.what));
  under_way_.clear();
  return lost;
}

// True: it is done with.
bool flights::move_on(flight& f) {
  const auto now = on_->time().now();
  if (f.due > now || (plan_.crashed() && !f.failed)) return false;
  if (f.written && f.life != on_->life() && !f.failed) {
    // The answer died with the broker.
    if (f.again_after_crash) f.written = false;
    else f.failed = errc::timed_out;
  }
  if (!f.written) {
    // What will have failed does not wait for the broker.
    if (!link_->up() && !f.failed) return false;
    f.written = true;
    f.life = on_->life();
    f.due = now + f.told_after;
    if (f.kept && link_->up() && !land(f)) return false;
    if (std::exchange(f.twice, false) && !f.failed) f.written = false;
    if (f.due > now || !f.written) return false;
  }
  if (!link_->up() && !f.failed) return false;
  if (!f.failed) plan_.acknowledged(f.where, offset{f.base}, f.what->entries.size());
  return true;
}

// Puts it into the log; false: the broker crashed meanwhile.
bool flights::land(flight& f) {
  const auto& client = link_->client_id();
  plan_.writes(f.where, client);
  finished_batch appended{std::move(f.what), 0, {}};
  appended.append_to(*f.from->partition, *on_);
  f.what = std::move(appended.what);
  if (plan_.crashed()) return false;
  f.base = appended.base;
  if (appended.failed) f.failed = appended.failed;
  else plan_.written(f.where, offset{f.base}, f.what->entries.size(), client);
  return true;
}

}  // namespace corka::kafka::embedded
