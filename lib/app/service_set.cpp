#include "app/service_set.hpp"

#include "async/task_group.hpp"
#include "async/timer.hpp"
#include "processor/runtime_core.hpp"

#include <corka/emitter.hpp>
#include <corka/processor.hpp>
#include <corka/view.hpp>

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <boost/asio/this_coro.hpp>

#include <algorithm>
#include <chrono>
#include <exception>

namespace corka::app_parts {

namespace {

/// Longer than what a processor and an emitter take by default.
constexpr std::chrono::seconds patience{15};

}  // namespace

std::string describe(const service& one) {
  if (const auto* p = dynamic_cast<const processor*>(&one))
    return fmt::format("processor '{}'", p->declared().name.str());
  if (const auto* v = dynamic_cast<const detail::basic_view*>(&one)) return fmt::format("view '{}'", v->topic().str());
  if (const auto* e = dynamic_cast<const detail::basic_emitter*>(&one))
    return fmt::format("emitter '{}'", e->topic().str());
  return "job";
}

task<std::size_t> service_set::run(runtime& on, logger log) {
  const auto here = co_await boost::asio::this_coro::executor;
  async::signal told{here};
  {
    const std::lock_guard lock{mutex_};
    told_ = told.remote();
    if (stopped_) told.notify();
  }
  async::task_group running{here};
  std::size_t failures = 0;
  under_way_.assign(all_.begin(), all_.end());
  for (auto* one : all_) running.spawn(run_one(*one, on, log, failures));
  async::task_group beside{here};
  beside.spawn(name_who_does_not_end(told, on.core().threads->time(), log));
  co_await running.join();
  beside.cancel();
  co_await beside.join();
  co_return failures;
}

task<> service_set::name_who_does_not_end(async::signal& told, clock& time, const logger& log) const {
  co_await told.wait();
  while (true) {
    co_await async::sleep_for(time, patience);
    std::vector<std::string> names;
    for (const auto* one : under_way_) names.push_back(describe(*one));
    log.warn(
        fmt::format("still waiting for {}: a job or callback that does not return when it is cancelled holds up the "
                    "stop; a second signal ends the program at once",
                    fmt::join(names, ", ")));
  }
}

task<> service_set::run_one(service& one, runtime& on, const logger& log, std::size_t& failures) {
  std::string why;
  bool failed = true;
  try {
    co_await one.run(on);
    failed = false;
  } catch (const std::exception& e) { why = e.what(); } catch (...) {
    why = "it threw something that is no std::exception";
  }
  under_way_.erase(std::ranges::find(under_way_, &one));
  if (!failed) co_return;
  log.error(fmt::format("{} failed: {}", describe(one), why));
  ++failures;
  stop();
}

void service_set::stop() noexcept {
  {
    const std::lock_guard lock{mutex_};
    stopped_ = true;
    told_();
  }
  for (auto* one : all_) one->stop();
}

}  // namespace corka::app_parts
