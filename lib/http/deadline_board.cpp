#include "http/deadline_board.hpp"

#include <algorithm>

namespace corka::http {

deadline_board::deadline_board(executor ex, clock& time, clock::duration shortest)
    : time_{time}, shortest_{shortest}, timer_{ex, time}, busy_{ex} {}

void deadline_board::add(entry& e) {
  entries_.push_back(e);
  busy_.set();
}

task<> deadline_board::run() {
  while (!stopped_) {
    if (entries_.empty()) {
      busy_.reset();
      co_await busy_.wait();
      continue;
    }
    const auto now = time_.now();
    auto next = now + shortest_;
    // By hand: `expired` may end other entries, but not this one, which is suspended.
    for (auto& e : entries_) {
      if (e.deadline <= now) {
        e.deadline = never;
        e.expired();
      }
      next = std::min(next, e.deadline);
    }
    co_await timer_.wait_until(next);
  }
}

void deadline_board::stop() {
  stopped_ = true;
  busy_.set();
  timer_.cancel();
}

}  // namespace corka::http
