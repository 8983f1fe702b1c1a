#include "app/service_set.hpp"

#include "async/task_group.hpp"

#include <corka/emitter.hpp>
#include <corka/processor.hpp>
#include <corka/view.hpp>

#include <fmt/format.h>
#include <boost/asio/this_coro.hpp>

#include <exception>

namespace corka::app_parts {

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
  async::task_group running{here};
  std::size_t failures = 0;
  for (auto* one : all_) running.spawn(run_one(*one, on, log, failures));
  co_await running.join();
  co_return failures;
}

task<> service_set::run_one(service& one, runtime& on, const logger& log, std::size_t& failures) {
  std::string why;
  try {
    co_await one.run(on);
    co_return;
  } catch (const std::exception& e) { why = e.what(); } catch (...) {
    why = "it threw something that is no std::exception";
  }
  log.error(fmt::format("{} failed: {}", describe(one), why));
  ++failures;
  stop();
}

void service_set::stop() noexcept {
  for (auto* one : all_) one->stop();
}

}  // namespace corka::app_parts
