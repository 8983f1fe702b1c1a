#include "async/timer.hpp"

#include "async/strand_check.hpp"
#include "async/waiter.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/error.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/system/system_error.hpp>

#include <tuple>

namespace corka::async {

struct timer::impl final : clock::alarm {
  /// In the frame that waits, which may outlive the timer: its end is then posted, and dropped with its loop.
  struct armed {
    explicit armed(impl& i) : of{&i} { i.waits = this; }
    armed(const armed&) = delete;
    armed& operator=(const armed&) = delete;
    ~armed() {
      if (of == nullptr) return;
      of->waits = nullptr;
      of->time.disarm(*of);
    }
    impl* of;
  };

  impl(const executor& ex, clock& t) : time{t}, check{ex}, real{ex}, sleeper{ex} {}
  impl(const impl&) = delete;
  impl& operator=(const impl&) = delete;
  ~impl() override {
    if (waits != nullptr) waits->of = nullptr;
    time.disarm(*this);
  }

  void ring() override { sleeper.resume(); }

  clock& time;
  strand_check check;
  boost::asio::steady_timer real;
  waiter sleeper;  // on virtual time
  armed* waits = nullptr;
  bool cancelled = false;
};

timer::timer(executor ex, clock& time) : impl_{std::make_unique<impl>(ex, time)} {}

timer::~timer() = default;

void timer::cancel() {
  impl_->check("timer::cancel");
  impl_->cancelled = true;
  impl_->real.cancel();
  impl_->time.disarm(*impl_);
  impl_->sleeper.resume();
}

task<bool> timer::wait_until(clock::time_point at) {
  auto& my = *impl_;
  my.check("timer::wait_until");
  my.cancelled = false;
  if (at <= my.time.now()) {
    // Not through the operating system's timer, which costs 30 times as much; but others get a turn.
    co_await boost::asio::post(my.real.get_executor(), boost::asio::use_awaitable);
    co_return !my.cancelled;
  }
  if (my.time.arm(at, my)) {
    const impl::armed until_the_end{my};
    const auto nothing = [] {};
    co_await my.sleeper.suspend(nothing);
    co_return !my.cancelled;
  }
  my.real.expires_at(at);
  const auto outcome = co_await my.real.async_wait(boost::asio::as_tuple(boost::asio::use_awaitable));
  const auto ec = std::get<0>(outcome);
  if (!ec) co_return true;
  if (my.cancelled) co_return false;
  throw boost::system::system_error{ec};
}

task<bool> timer::wait_for(clock::duration d) {
  const auto now = impl_->time.now();
  return wait_until(d > clock::time_point::max() - now ? clock::time_point::max() : now + d);
}

task<> sleep_for(clock& time, clock::duration d) {
  const auto ex = co_await boost::asio::this_coro::executor;
  timer t{ex, time};
  co_await t.wait_for(d);
}

}  // namespace corka::async
