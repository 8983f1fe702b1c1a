#include <corka/processor.hpp>

#include <corka/error.hpp>
#include <corka/runtime.hpp>

#include "graph/middleware_chain.hpp"
#include "processor/group_session.hpp"
#include "processor/options.hpp"
#include "processor/runtime_core.hpp"

#include <fmt/format.h>
#include <boost/asio/this_coro.hpp>

#include <exception>
#include <mutex>

namespace corka {

class processor::impl {
 public:
  impl(declaration runs, processor_options with)
      : group{graph::with_middleware(std::move(runs))}, options{std::move(with)} {
    group.validate();
    processor_parts::check(options);
  }

  /// @throws error{errc::not_assigned} while nothing runs.
  [[nodiscard]] std::shared_ptr<processor_parts::group_session> running() const;

  declaration group;
  processor_options options;
  mutable std::mutex mutex;  // guards what follows
  std::shared_ptr<processor_parts::group_session> session;
  int early_stops = 0;  // stop() while nothing ran
  processor_state ended_as = processor_state::idle;
  std::string error;
};

processor::processor(declaration runs, processor_options options)
    : impl_{std::make_shared<impl>(std::move(runs), std::move(options))} {}

processor::~processor() = default;

task<> processor::run(runtime& on) {
  const auto self = impl_;
  const auto control = co_await boost::asio::this_coro::executor;
  std::shared_ptr<processor_parts::group_session> session;
  {
    const std::lock_guard lock{self->mutex};
    if (self->session) {
      throw corka::error{
          errc::invalid_option,
          fmt::format("processor of group '{}' is running already: run it once at a time", self->group.name.str())};
    }
    if (std::exchange(self->early_stops, 0) > 0) co_return;
    session = std::make_shared<processor_parts::group_session>(self->group, self->options, on.core(), control);
    self->session = session;
    self->error.clear();
  }
  std::exception_ptr failure;
  try {
    co_await session->run();
  } catch (...) { failure = std::current_exception(); }
  const std::lock_guard lock{self->mutex};
  self->session.reset();
  self->ended_as = failure ? processor_state::failed : processor_state::idle;
  if (!failure) co_return;
  try {
    std::rethrow_exception(failure);
  } catch (const std::exception& e) {
    self->error = e.what();
    throw;
  }
}

void processor::stop() noexcept {
  const std::lock_guard lock{impl_->mutex};
  if (impl_->session) impl_->session->stop();
  else ++impl_->early_stops;
}

const declaration& processor::declared() const noexcept { return impl_->group; }

processor_status processor::status() const {
  processor_status s;
  s.group = impl_->group.name.str();
  s.topology = impl_->group.describe();
  const std::lock_guard lock{impl_->mutex};
  s.state = impl_->ended_as;
  s.error = impl_->error;
  if (impl_->session) impl_->session->fill(s);
  return s;
}

std::shared_ptr<processor_parts::group_session> processor::impl::running() const {
  const std::lock_guard lock{mutex};
  if (session) return session;
  throw corka::error{
      errc::not_assigned,
      fmt::format("processor of group '{}' does not run: start it, or ask another member", group.name.str())};
}

task<table_row> processor::row(std::string key) const {
  const auto session = impl_->running();
  co_return co_await session->row(std::move(key));
}

task<table_page> processor::rows(key_range which, std::size_t limit) const {
  const auto session = impl_->running();
  co_return co_await session->rows(std::move(which), limit);
}

}  // namespace corka
