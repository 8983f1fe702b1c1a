#include <corka/app.hpp>
#include <corka/error.hpp>

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/system/system_error.hpp>

#include <exception>
#include <mutex>
#include <utility>

namespace corka {

namespace asio = boost::asio;

struct job::impl {
  std::function<task<>(runtime&)> body;
  std::mutex mutex;
  bool stop = false;
  executor running;  // empty between runs
  std::shared_ptr<asio::cancellation_signal> cancel;

  static task<> run(std::shared_ptr<impl> self, runtime& on);
};

namespace {

/// What a body ends with because it was told to.
bool is_stop(const std::exception_ptr& failure) {
  try {
    std::rethrow_exception(failure);
  } catch (const boost::system::system_error& e) {
    return e.code() == asio::error::operation_aborted;
  } catch (const error& e) { return e.kind() == errc::stopped; } catch (...) {
    return false;
  }
}

}  // namespace

task<> job::impl::run(std::shared_ptr<impl> self, runtime& on) {
  const auto here = co_await asio::this_coro::executor;
  const auto cancel = std::make_shared<asio::cancellation_signal>();
  {
    const std::lock_guard lock{self->mutex};
    if (self->running) throw error{errc::invalid_option, "a job runs already: await its run before running it again"};
    if (std::exchange(self->stop, false)) co_return;
    self->running = here;
    self->cancel = cancel;
  }
  std::exception_ptr failure;
  try {
    auto body = self->body(on);
    auto done = asio::bind_cancellation_slot(cancel->slot(), asio::use_awaitable);
    co_await asio::co_spawn(here, std::move(body), done);
  } catch (...) { failure = std::current_exception(); }
  bool stopped = false;
  {
    const std::lock_guard lock{self->mutex};
    stopped = std::exchange(self->stop, false);
    self->running = {};
    self->cancel.reset();
  }
  if (failure && !(stopped && is_stop(failure))) std::rethrow_exception(failure);
}

job::job(std::function<task<>(runtime&)> body) : impl_{std::make_shared<impl>()} { impl_->body = std::move(body); }
job::~job() = default;

task<> job::run(runtime& on) { return impl::run(impl_, on); }

void job::stop() noexcept {
  const std::lock_guard lock{impl_->mutex};
  impl_->stop = true;
  if (!impl_->running) return;
  asio::post(impl_->running, [cancel = impl_->cancel] { cancel->emit(asio::cancellation_type::terminal); });
}

}  // namespace corka
