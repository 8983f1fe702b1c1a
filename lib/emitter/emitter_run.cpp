#include "emitter/emitter_run.hpp"

#include "async/backoff.hpp"
#include "async/timer.hpp"
#include "processor/make_topics.hpp"

#include <corka/error.hpp>

#include <fmt/format.h>
#include <boost/asio/this_coro.hpp>

#include <functional>
#include <utility>

namespace corka::detail {

namespace {

kafka::producer_options producer_for(const emitter_core& core, bool embedded) {
  kafka::producer_options made;
  made.client_id = fmt::format("corka-emitter-{}", core.topic.str());
  made.linger = core.options.linger;
  made.buffer_records = core.options.buffer_records;
  // Nobody else has what was emitted, so records wait for as long as it takes; the embedded broker does so by itself.
  if (!embedded) made.properties["message.timeout.ms"] = "0";
  for (const auto& [name, value] : core.options.kafka_properties) made.properties[name] = value;
  return made;
}

/// What becomes of emissions that no report came for.
std::error_code reason_for_the_rest(const std::exception_ptr& failure, bool late) {
  try {
    if (failure) std::rethrow_exception(failure);
  } catch (const error& e) { return e.code(); } catch (...) {
    return make_error_code(errc::delivery_failed);
  }
  return make_error_code(late ? errc::timed_out : errc::stopped);
}

bool passes_by_itself(errc why) { return why == errc::broker_unavailable || why == errc::timed_out; }

}  // namespace

emitter_run::emitter_run(std::shared_ptr<emitter_core> core, runtime_core& on, const executor& here)
    : core_{std::move(core)},
      on_{on},
      log_{on.log.named("emitter " + core_->topic.str())},
      here_{here},
      wake_{here},
      inbox_{std::make_shared<partition::delivery_inbox>(wake_.remote())},
      children_{here} {}

task<> emitter_run::run() {
  const auto wanted = core_->begin(wake_.remote(), on_.threads->time());
  if (wanted) {
    try {
      const partitioner_book::entry partitioned{on_.partitioners, core_->topic, core_->partition_by(),
                                                fmt::format("the emitter for '{}'", core_->topic.str())};
      co_await work();
    } catch (...) { failure_ = std::current_exception(); }
  }
  const auto totals = core_->end(reason_for_the_rest(failure_, late_));
  if (totals.failed > 0) {
    log_.warn(fmt::format("ended: {} records written, {} not", totals.acknowledged, totals.failed));
  } else if (wanted) {
    log_.info(fmt::format("ended: {} records written", totals.acknowledged));
  }
  if (failure_) std::rethrow_exception(failure_);
}

task<> emitter_run::work() {
  producer_ = on_.cluster->make_producer(producer_for(*core_, on_.embedded), here_);
  sink_ = producer_->attach(inbox_);
  children_.on_failure([this] {
    failed_ = true;
    wake_.notify();
  });
  children_.spawn(connect());

  while (!core_->stopping() && !failed_) {
    co_await wake_.wait();
    take_reports();
  }
  const auto deadline = on_.threads->time().now() + core_->options.stop_deadline;
  if (!failed_ && !connected_ && core_->any_kept()) {
    children_.spawn(ring_at(deadline));
    while (!connected_ && !failed_ && !late_) co_await wake_.wait();
  }
  core_->refuse();
  children_.spawn(close_producer(deadline));
  while (!closed_) {
    co_await wake_.wait();
    take_reports();
  }
  take_reports();
  producer_->detach(sink_);
  children_.cancel();
  co_await children_.join();
}

task<> emitter_run::connect() {
  async::backoff pause{std::chrono::milliseconds{100}, std::chrono::milliseconds{5'000}};
  while (!connected_) {
    try {
      auto to = co_await connect_once();
      core_->connected(std::move(to));
      connected_ = true;
    } catch (const error& e) {
      if (!passes_by_itself(e.kind())) throw;
      if (pause.tries() == 0) log_.warn(fmt::format("{}; records wait until a broker answers", e.what()));
    }
    if (!connected_) co_await async::sleep_for(on_.threads->time(), pause.next());
  }
  if (pause.tries() > 0) log_.info("connected");
  wake_.notify();
}

task<emitter_core::connection> emitter_run::connect_once() {
  const auto admin = on_.cluster->make_admin(here_);
  if (core_->options.create_with_partitions > 0) {
    std::vector<topic_name> names{core_->topic};
    const auto found = co_await admin->describe(std::move(names));
    if (!found.front().exists) {
      kafka::new_topic missing;
      missing.topic = core_->topic;
      missing.partitions = core_->options.create_with_partitions;
      missing.config = core_->options.create_config;
      std::vector<kafka::new_topic> all{std::move(missing)};
      co_await processor_parts::make_topics(*admin, std::move(all), log_);
    }
  }
  auto output = co_await producer_->topic(core_->topic);
  emitter_core::connection made;
  made.control = here_;
  made.producer = producer_;
  made.output = std::move(output);
  made.admin = admin;
  made.sink = sink_;
  co_return made;
}

task<> emitter_run::close_producer(clock::time_point deadline) {
  producer_->hurry();
  try {
    co_await producer_->close(deadline);
  } catch (const std::exception& e) { log_.warn(fmt::format("closing the producer: {}", e.what())); }
  closed_ = true;
  late_ = late_ || on_.threads->time().now() >= deadline;
  wake_.notify();
}

task<> emitter_run::ring_at(clock::time_point deadline) {
  const auto wait = deadline - on_.threads->time().now();
  co_await async::sleep_for(on_.threads->time(), wait);
  late_ = true;
  wake_.notify();
}

void emitter_run::take_reports() {
  inbox_->take(reports_);
  core_->reported(reports_);
}

}  // namespace corka::detail
