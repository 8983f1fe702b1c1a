#include <corka/processor.hpp>

#include <corka/error.hpp>
#include <corka/runtime.hpp>

#include "async/signal.hpp"
#include "async/task_group.hpp"
#include "async/wake_list.hpp"
#include "graph/middleware_chain.hpp"
#include "processor/group_session.hpp"
#include "processor/options.hpp"
#include "processor/running_visit.hpp"
#include "processor/runtime_core.hpp"

#include <fmt/format.h>
#include <boost/asio/cancellation_state.hpp>
#include <boost/asio/error.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/system/system_error.hpp>

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <exception>
#include <memory>
#include <mutex>
#include <optional>
#include <stop_token>
#include <string>
#include <utility>

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
  [[nodiscard]] corka::error not_running() const {
    return {errc::not_assigned,
            fmt::format("processor of group '{}' does not run: start it, or ask another member", group.name.str())};
  }

  [[nodiscard]] partitioner_book::topics partitioned_topics() const {
    partitioner_book::topics all;
    const auto add = [&all](const auto& edges) {
      for (const auto& edge : edges) all.emplace_back(edge.topic, edge.partition_by);
    };
    add(group.inputs);
    add(group.outputs);
    add(group.joins);
    add(group.lookups);
    if (group.loop) all.emplace_back(group.loop->topic, group.loop->partition_by);
    if (group.table) all.emplace_back(group.table->topic, group.inputs.front().partition_by);
    return all;
  }

  declaration group;
  processor_options options;
  mutable async::wake_list changed;  // state, or readiness
  mutable std::mutex mutex;          // guards what follows
  std::shared_ptr<processor_parts::group_session> session;
  int early_stops = 0;  // stop() while nothing ran
  int ends = 0;         // how many runs have
  processor_state ended_as = processor_state::idle;
  std::string error;
};

processor::processor(declaration runs, processor_options options)
    : impl_{std::make_shared<impl>(std::move(runs), std::move(options))} {}

processor::~processor() = default;

task<> processor::run(runtime& on) {
  const auto self = impl_;
  const auto control = co_await boost::asio::this_coro::executor;
  bool stopped_early = false;
  {
    const std::lock_guard lock{self->mutex};
    if (self->session) {
      throw corka::error{
          errc::invalid_option,
          fmt::format("processor of group '{}' is running already: run it once at a time", self->group.name.str())};
    }
    stopped_early = std::exchange(self->early_stops, 0) > 0;
    if (!stopped_early) {
      self->session = std::make_shared<processor_parts::group_session>(self->group, self->options, on.core(), control,
                                                                       0, self->changed);
      self->error.clear();
    } else {
      ++self->ends;
    }
  }
  self->changed.wake_all();
  if (stopped_early) co_return;
  std::exception_ptr failure;
  std::optional<partitioner_book::entry> partitioned;
  for (std::uint32_t renewals = 1;; ++renewals) {
    const auto began = on.core().threads->time().now();
    try {
      if (!partitioned) {
        partitioned.emplace(on.core().partitioners, self->partitioned_topics(),
                            fmt::format("group '{}'", self->group.name.str()));
      }
      co_await self->session->run();
    } catch (...) { failure = std::current_exception(); }
    if (on.core().threads->time().now() - began > std::chrono::minutes{1}) renewals = 1;
    // A stop meets the session that is over, which then is not followed, or the one that follows it.
    const std::lock_guard lock{self->mutex};
    if (failure || !self->session->renewed()) {
      self->session.reset();
      break;
    }
    self->session = std::make_shared<processor_parts::group_session>(self->group, self->options, on.core(), control,
                                                                     renewals, self->changed);
  }
  std::string why;
  try {
    if (failure) std::rethrow_exception(failure);
  } catch (const std::exception& e) { why = e.what(); }
  {
    const std::lock_guard lock{self->mutex};
    self->ended_as = failure ? processor_state::failed : processor_state::idle;
    self->error = std::move(why);
    ++self->ends;
  }
  self->changed.wake_all();
  if (failure) std::rethrow_exception(failure);
}

task<> processor::ready() const {
  const auto self = impl_;
  const auto here = co_await boost::asio::this_coro::executor;
  async::wake_list::place place{self->changed, here};
  std::optional<int> ends_before;
  while (true) {
    {
      const std::lock_guard lock{self->mutex};
      if (self->session && self->session->is_ready()) co_return;
      const bool failed = !self->session && self->ended_as == processor_state::failed;
      if (failed || self->ends != ends_before.value_or(self->ends)) {
        throw corka::error{errc::stopped, fmt::format("the processor of group '{}' has ended{}", self->group.name.str(),
                                                      self->error.empty() ? ": run it again" : ": " + self->error)};
      }
      ends_before = self->ends;
    }
    co_await place.wait();
  }
}

task<processor_state> processor::state_after(processor_state known) const {
  const auto self = impl_;
  const auto here = co_await boost::asio::this_coro::executor;
  async::wake_list::place place{self->changed, here};
  while (true) {
    {
      const std::lock_guard lock{self->mutex};
      const auto now = self->session ? self->session->state() : self->ended_as;
      if (now != known) co_return now;
    }
    co_await place.wait();
  }
}

void processor::stop() noexcept {
  const std::lock_guard lock{impl_->mutex};
  if (impl_->session) impl_->session->stop();
  else ++impl_->early_stops;
}

task<visit_result> processor::visit_by_json(std::string name, std::string meta, visit_options options) {
  const auto self = impl_;
  const auto& visitors = self->group.visitors;
  const auto found = std::ranges::find(visitors, name, [](const visitor_edge& v) { return v.name.str(); });
  if (found == visitors.end() || !found->from_json) {
    throw corka::error{
        errc::not_declared,
        found == visitors.end()
            ? fmt::format("group '{}' has no visitor '{}'", self->group.name.str(), name)
            : fmt::format("what visitor '{}' of group '{}' takes cannot be read from JSON: give its type "
                          "conversions, as by NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE",
                          name, self->group.name.str())};
  }
  std::shared_ptr<const void> read;
  try {
    read = found->from_json(meta);
  } catch (const std::exception& e) {
    throw corka::error{errc::invalid_option,
                       fmt::format("what visitor '{}' of group '{}' takes cannot be made of this JSON: {}", name,
                                   self->group.name.str(), e.what())};
  }
  const auto type = found->meta;
  co_return co_await run_visit(std::move(name), std::move(read), type, std::move(options));
}

const declaration& processor::declared() const noexcept { return impl_->group; }
const processor_options& processor::options() const noexcept { return impl_->options; }

processor_status processor::status() const {
  processor_status s;
  s.group = impl_->group.name.str();
  s.topology = impl_->group.describe();
  s.edges = impl_->group.edges();
  const std::lock_guard lock{impl_->mutex};
  s.state = impl_->ended_as;
  s.error = impl_->error;
  if (impl_->session) impl_->session->fill(s);
  return s;
}

std::shared_ptr<processor_parts::group_session> processor::impl::running() const {
  const std::lock_guard lock{mutex};
  if (session) return session;
  throw not_running();
}

namespace {

/// A coroutine of its own, so that it can wait on when the caller is cancelled: the visit is, then.
task<> await_end(std::shared_ptr<processor_parts::running_visit> visit, async::signal& changed) {
  while (!visit->ended()) {
    bool dropped = false;
    try {
      co_await changed.wait();
    } catch (const boost::system::system_error&) { dropped = true; }
    if (!dropped) continue;
    co_await boost::asio::this_coro::reset_cancellation_state(boost::asio::disable_cancellation());
    visit->cancel();
  }
}

}  // namespace

task<visit_result> processor::run_visit(std::string name, std::shared_ptr<const void> meta, std::type_index type,
                                        visit_options options) {
  const auto self = impl_;
  processor_parts::check(options);
  const auto& visitor = processor_parts::visitor_of(self->group, name, type);
  const auto here = co_await boost::asio::this_coro::executor;
  const auto state = co_await boost::asio::this_coro::cancellation_state;
  if (state.cancelled() != boost::asio::cancellation_type::none) {
    throw boost::system::system_error{boost::asio::error::operation_aborted};
  }
  async::signal changed{here};
  const std::stop_token cancel = options.cancel;
  const auto visit =
      std::make_shared<processor_parts::running_visit>(std::move(name), std::move(options), changed.remote());
  {
    // Not kept: the session is not to outlive its run.
    const std::lock_guard lock{self->mutex};
    if (!self->session) throw self->not_running();
    self->session->begin_visit(visit, visitor, meta);
  }
  const std::stop_callback stop{cancel, [visit] { visit->cancel(); }};
  async::task_group waiting{here};
  waiting.spawn(await_end(visit, changed));
  co_await waiting.join();
  co_return visit->result();
}

task<table_row> processor::row(std::string key, row_source from) const {
  const auto session = impl_->running();
  co_return co_await session->row(std::move(key), from);
}

std::optional<table_row> processor::row_at_once(std::string_view key) const {
  std::shared_ptr<processor_parts::group_session> session;
  {
    const std::lock_guard lock{impl_->mutex};
    session = impl_->session;
  }
  return session ? session->saved_row(key) : std::nullopt;
}

task<table_page> processor::rows(key_range which, std::size_t limit) const {
  const auto session = impl_->running();
  co_return co_await session->rows(std::move(which), limit);
}

}  // namespace corka
