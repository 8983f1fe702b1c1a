#include "async/virtual_thread.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/post.hpp>

#include <algorithm>
#include <exception>
#include <utility>

namespace corka::async {

virtual_thread::virtual_thread(virtual_clock& time, virtual_thread_options options) : time_{time}, options_{options} {
  for (std::size_t i = 0; i < std::max<std::size_t>(options_.workers, 1); ++i)
    loops_.push_back(std::make_unique<worker_loop>());
}

void virtual_thread::run_blocking(std::function<void()> call, corka::executor ex, std::function<void()> done) {
  if (ended_) return;
  if (options_.by == nullptr) {
    call();
    boost::asio::post(ex, std::move(done));
    return;
  }
  auto& added = jobs_.emplace_back();
  added.call = std::move(call);
  added.ex = std::move(ex);
  added.done = std::move(done);
  const auto kind = options_.by->below(8);
  if (kind < 4) return;
  added.ready = false;
  time_.arm(time_.now() + options_.by->up_to(kind == 7 ? options_.slowest : options_.slowest / 20), added);
}

void virtual_thread::start(task<> t) {
  boost::asio::co_spawn(executor(), std::move(t), [](std::exception_ptr failed) {
    if (failed) std::rethrow_exception(failed);
  });
}

bool virtual_thread::step() {
  if (ended_ || suspended_) return false;
  if (options_.by != nullptr) return step_by_dice();
  return std::ranges::any_of(loops_, [](const auto& loop) { return loop->poll_one() > 0; });
}

bool virtual_thread::step_by_dice() {
  auto& by = *options_.by;
  // Now and then one of them falls behind for a while, as far as others have something to do.
  if (stalled_for_ > 0) {
    --stalled_for_;
  } else if (by.one_in(64)) {
    stalled_ = by.below(loops_.size() + 1);
    stalled_for_ = by.below(200);
  }
  order_.resize(loops_.size() + 1);
  for (std::size_t i = 0; i < order_.size(); ++i) order_[i] = i;
  for (auto left = order_.size(); left > 0; --left) {
    std::swap(order_[by.below(left)], order_[left - 1]);
    const auto seat = order_[left - 1];
    if (stalled_for_ > 0 && seat == stalled_) continue;
    if (turn_of(seat)) return true;
  }
  return stalled_for_ > 0 && turn_of(stalled_);
}

bool virtual_thread::turn_of(std::size_t seat) {
  return seat < loops_.size() ? loops_[seat]->poll_one() > 0 : run_job();
}

bool virtual_thread::run_job() {
  const auto ready = std::ranges::count_if(jobs_, &job::ready);
  if (ready == 0) return false;
  auto n = options_.by->below(static_cast<std::uint64_t>(ready));
  const auto at = std::ranges::find_if(jobs_, [&n](const job& j) { return j.ready && n-- == 0; });
  std::list<job> taken;
  taken.splice(taken.begin(), jobs_, at);
  auto& now = taken.front();
  now.call();
  boost::asio::post(now.ex, std::move(now.done));
  return true;
}

void virtual_thread::settle() {
  while (step()) {}
}

bool virtual_thread::idle() {
  if (ended_) return true;
  settle();
  return jobs_.empty() && std::ranges::all_of(loops_, [](const auto& loop) { return loop->idle(); });
}

void virtual_thread::drop_all() {
  end();
  // First: they refer to the frames that wait for them.
  for (auto& j : jobs_) time_.disarm(j);
  jobs_.clear();
  // Again, as the end of a frame on one loop may be posted to another one: once for each way there and back.
  for (int i = 0; i < 3; ++i) {
    for (auto& loop : loops_) loop->drop_all();
  }
}

}  // namespace corka::async
