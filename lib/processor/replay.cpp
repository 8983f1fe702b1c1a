#include <corka/replay.hpp>

#include "async/task_group.hpp"
#include "async/timer.hpp"
#include "processor/letter.hpp"
#include "processor/runtime_core.hpp"

#include <corka/error.hpp>
#include <corka/group.hpp>
#include <corka/runtime.hpp>

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <boost/asio/this_coro.hpp>

#include <algorithm>
#include <atomic>
#include <map>
#include <optional>
#include <string_view>
#include <utility>

namespace corka {

namespace {

constexpr std::chrono::milliseconds look_each{50};

}  // namespace

struct replay::impl {
  impl(const std::string& dead_letters, replay_options options);

  void send_back(context<void>& ctx, const std::optional<std::string>& value);
  /// Stops the processor once everything is sent back that was there at the assignment.
  task<> watch(clock& time);
  [[nodiscard]] bool finished();

  std::map<std::string, stream<std::string>, std::less<>> into;
  std::atomic<std::uint64_t> sent{0};
  std::map<std::int32_t, offset> until;  // of each partition, as it was assigned
  std::optional<processor> sending;
};

replay::impl::impl(const std::string& dead_letters, replay_options options) {
  group<> sender{options.group.empty() ? dead_letters + "-replay" : options.group};
  sender.input(stream<std::string>{dead_letters},
               [this](context<void>& ctx, const std::optional<std::string>& value) { send_back(ctx, value); });
  for (const auto& topic : options.into) {
    if (topic == dead_letters) {
      throw error{errc::invalid_option,
                  fmt::format("replay of '{}': it cannot go back to itself: name the topics that its records failed in",
                              dead_letters)};
    }
    const auto [to, added] = into.emplace(topic, stream<std::string>{topic, {}, options.partition_by});
    if (added) sender.output(to->second);
  }
  sending.emplace(sender, std::move(options.processing));
}

void replay::impl::send_back(context<void>& ctx, const std::optional<std::string>& value) {
  const letter from{ctx.headers()};
  if (!from.topic) {
    throw error{errc::invalid_option,
                "it has no header corka-topic: it is no dead letter of corka's; replay a "
                "dead-letter topic"};
  }
  const auto to = into.find(*from.topic);
  if (to == into.end()) {
    throw error{errc::invalid_option,
                fmt::format("it failed in '{}', which is not among the topics to send back to: add it to "
                            "replay_options.into",
                            *from.topic)};
  }
  emit_options with;
  with.headers = from.original;
  with.timestamp = from.timestamp;
  if (value) ctx.emit(to->second, ctx.key(), *value, with);
  else ctx.emit(to->second, ctx.key(), tombstone, with);
  sent.fetch_add(1, std::memory_order_relaxed);
}

bool replay::impl::finished() {
  const auto status = sending->status();
  if (status.state != processor_state::running || status.partitions_total == 0) return false;
  if (static_cast<std::int32_t>(status.partitions.size()) != status.partitions_total) return false;
  return std::ranges::all_of(status.partitions, [this](const partition_status& p) {
    const auto& in = p.inputs.front();
    const auto end = until.emplace(p.partition, in.end.value_or(offset{0})).first->second;
    return in.committed >= end;
  });
}

task<> replay::impl::watch(clock& time) {
  while (!finished()) co_await async::sleep_for(time, look_each);
  sending->stop();
}

replay::replay(const std::string& dead_letters, replay_options options)
    : impl_{std::make_unique<impl>(dead_letters, std::move(options))} {}

replay::~replay() = default;

task<> replay::run(runtime& on) {
  const auto here = co_await boost::asio::this_coro::executor;
  impl_->until.clear();
  async::task_group watching{here};
  watching.spawn(impl_->watch(on.core().threads->time()));
  std::exception_ptr failure;
  try {
    co_await impl_->sending->run(on);
  } catch (...) { failure = std::current_exception(); }
  watching.cancel();
  co_await watching.join();
  if (failure) std::rethrow_exception(failure);
}

void replay::stop() noexcept { impl_->sending->stop(); }
std::uint64_t replay::sent() const noexcept { return impl_->sent; }
processor_status replay::status() const { return impl_->sending->status(); }

}  // namespace corka
