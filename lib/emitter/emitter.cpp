#include <corka/emitter.hpp>
#include <corka/runtime.hpp>

#include "async/execution.hpp"
#include "emitter/emitter_core.hpp"
#include "emitter/emitter_run.hpp"
#include "processor/runtime_core.hpp"

#include <boost/asio/this_coro.hpp>

#include <utility>

namespace corka::detail {

namespace {

task<> run_here(std::shared_ptr<emitter_core> core, runtime_core& on) {
  const auto here = co_await boost::asio::this_coro::executor;
  emitter_run one{std::move(core), on, here};
  co_await one.run();
}

}  // namespace

basic_emitter::basic_emitter(topic_name topic, partitioner by, emitter_options options)
    : core_{std::make_shared<emitter_core>(std::move(topic), by, std::move(options))} {}

basic_emitter::~basic_emitter() = default;

task<> basic_emitter::run(runtime& on) {
  auto& parts = on.core();
  return async::run_on(parts.threads->worker(0), run_here(core_, parts));
}

void basic_emitter::stop() noexcept { core_->stop(); }
task<> basic_emitter::ready() { return emitter_core::ready(core_); }
task<> basic_emitter::flush() { return emitter_core::flush(core_); }
task<std::vector<offset_range>> basic_emitter::written() { return emitter_core::written(core_); }
const topic_name& basic_emitter::topic() const noexcept { return core_->topic; }

emitted basic_emitter::send(std::string_view key, std::optional<std::string_view> value, const emit_options& options) {
  return emitted{core_->send(key, value, options)};
}

}  // namespace corka::detail
