// Ends what takes too long.
#pragma once

#include "async/timer.hpp"
#include "base/clock.hpp"

#include <corka/task.hpp>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>

#include <functional>
#include <memory>
#include <utility>

namespace corka::async {

/// Calls `end` at a time, unless it is destroyed before. Strand: `ex`, for everything.
class time_limit {
 public:
  time_limit(const executor& ex, clock& time, clock::time_point at, std::function<void()> end)
      : shared_{std::make_shared<state>(ex, time, std::move(end))} {
    boost::asio::co_spawn(ex, watch(shared_, at), boost::asio::detached);
  }
  time_limit(const time_limit&) = delete;
  time_limit& operator=(const time_limit&) = delete;
  ~time_limit() {
    shared_->over = true;
    shared_->alarm.cancel();
  }

  [[nodiscard]] bool passed() const noexcept { return shared_->passed; }

 private:
  struct state {
    state(const executor& ex, clock& time, std::function<void()> e) : alarm{ex, time}, end{std::move(e)} {}
    timer alarm;
    std::function<void()> end;
    bool over = false;
    bool passed = false;
  };

  static task<> watch(std::shared_ptr<state> s, clock::time_point at) {
    if (s->over) co_return;
    const bool late = co_await s->alarm.wait_until(at);
    if (!late || s->over) co_return;
    s->passed = true;
    s->end();
  }

  std::shared_ptr<state> shared_;
};

}  // namespace corka::async
