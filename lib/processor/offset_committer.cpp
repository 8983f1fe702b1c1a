#include "processor/offset_committer.hpp"

#include "async/backoff.hpp"
#include "async/time_limit.hpp"
#include "async/timer.hpp"
#include "processor/retrying.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace corka::processor_parts {

namespace {
/// Watermarks that are published within this time are committed together.
constexpr std::chrono::milliseconds gather_commits{20};
}  // namespace

offset_committer::offset_committer(executor control, clock& time, logger log, observer committed, inspector inspect)
    : control_{control},
      check_{control},
      time_{time},
      log_{std::move(log)},
      committed_{std::move(committed)},
      inspect_{std::move(inspect)},
      moved_{control},
      tasks_{control} {}

void offset_committer::publish(std::vector<kafka::position> moved) {
  {
    const std::lock_guard lock{inbox_mutex_};
    inbox_.insert(inbox_.end(), moved.begin(), moved.end());
  }
  moved_.notify();
}

void offset_committer::take_in() {
  std::vector<kafka::position> moved;
  {
    const std::lock_guard lock{inbox_mutex_};
    moved.swap(inbox_);
  }
  for (const auto& p : moved) board_.watermark(p);
}

void offset_committer::released(const std::vector<topic_partition>& which) {
  check_("offset_committer::released");
  // What a later owner of the number in this process publishes must not meet what the last one did.
  take_in();
  for (const auto& where : which) board_.released(where);
}

void offset_committer::start(kafka::member& member) {
  tasks_.spawn(keep_committing(member));
  tasks_.spawn(remind());
}

task<> offset_committer::stop() {
  tasks_.cancel();
  co_await tasks_.join();
}

task<> offset_committer::remind() {
  while (true) {
    co_await async::sleep_for(time_, commit_board::refresh_after);
    idle_as_well_ = true;
    moved_.notify();
  }
}

// False: the cluster does not answer; what stands still can wait for an hour more.
task<bool> offset_committer::topics_are_looked_at() {
  try {
    co_await inspect_();
    co_return true;
  } catch (const error& e) {
    log_.debug(fmt::format("positions that stand still are not committed again now: {}", e.what()));
  }
  co_return false;
}

task<> offset_committer::keep_committing(kafka::member& member) {
  async::backoff wait{retry_first, retry_most};
  while (true) {
    if (!board_.pending()) {
      co_await moved_.wait();
      co_await async::sleep_for(time_, gather_commits);
    }
    const bool idle_is_due = std::exchange(idle_as_well_, false) && board_.idle_is_due(time_.now());
    const bool idle = idle_is_due && co_await topics_are_looked_at();
    take_in();
    const bool ok = co_await commit_once(member, board_.take(time_.now(), idle));
    if (ok) {
      wait.reset();
      continue;
    }
    co_await async::sleep_for(time_, wait.next());
  }
}

task<bool> offset_committer::commit_once(kafka::member& member, std::vector<kafka::position> what) {
  if (what.empty()) co_return true;
  const auto result = co_await member.commit(what);
  if (result) {
    log_.debug(fmt::format("commit of {} offsets failed, it will be sent again: {}", what.size(), result.message()));
    co_return false;
  }
  board_.committed(what, time_.now());
  committed_(what);
  co_return true;
}

task<> offset_committer::commit_until(kafka::member& member, std::vector<partition_id> which,
                                      clock::time_point deadline) {
  take_in();
  // Joined whatever happens: they refer to this frame.
  async::task_group trying{control_};
  bool ok = false;
  const async::time_limit limit{control_, time_, deadline, [&trying] { trying.cancel(); }};
  trying.spawn(commit_again_and_again(member, which, deadline, ok));
  co_await trying.join();
  if (!ok && time_.now() >= deadline)
    log_.warn("the last offsets could not be committed in time: their records will be processed again");
}

task<> offset_committer::commit_again_and_again(kafka::member& member, const std::vector<partition_id>& which,
                                                clock::time_point deadline, bool& ok) {
  async::backoff wait{retry_first, retry_most};
  while (!ok && time_.now() < deadline) {
    auto open = board_.take(time_.now());
    std::erase_if(open,
                  [&](const kafka::position& p) { return std::ranges::find(which, p.where.partition) == which.end(); });
    ok = co_await commit_once(member, std::move(open));
    if (!ok) co_await async::sleep_for(time_, wait.next());
  }
}

}  // namespace corka::processor_parts
