#include <corka/topics.hpp>

#include <corka/error.hpp>
#include <corka/runtime.hpp>

#include "async/backoff.hpp"
#include "async/timer.hpp"
#include "graph/topics.hpp"
#include "processor/make_topics.hpp"
#include "processor/retrying.hpp"
#include "processor/runtime_core.hpp"

#include <fmt/format.h>
#include <boost/asio/this_coro.hpp>

#include <memory>
#include <utility>

namespace corka {

namespace {

kafka::new_topic wanted_of(const topic_spec& spec) {
  kafka::new_topic wanted{spec.topic, spec.partitions, spec.replication, spec.config};
  if (const auto why = graph::why_no_topic_name(spec.topic.str()); !why.empty())
    throw error{errc::invalid_option, fmt::format("the name of topic '{}' {}", spec.topic.str(), why)};
  if (spec.partitions < 1 || spec.partitions > 100'000) {
    throw error{errc::invalid_option, fmt::format("topic '{}' cannot have {} partitions: 1 to 100000 is possible",
                                                  spec.topic.str(), spec.partitions)};
  }
  if (spec.compacted) wanted.config.try_emplace("cleanup.policy", "compact");
  if (spec.retention) wanted.config.try_emplace("retention.ms", std::to_string(spec.retention->count()));
  return wanted;
}

/// One attempt; returns what differs.
task<std::vector<std::string>> ensure(kafka::admin& admin, const std::vector<kafka::new_topic>& wanted,
                                      const logger& log) {
  std::vector<topic_name> names;
  for (const auto& w : wanted) names.push_back(w.topic);
  const auto found = co_await admin.describe(names);
  std::vector<kafka::new_topic> missing;
  for (std::size_t i = 0; i < wanted.size(); ++i) {
    if (!found[i].exists) missing.push_back(wanted[i]);
  }
  if (!missing.empty()) co_await processor_parts::make_topics(admin, std::move(missing), log);

  std::vector<kafka::topic_settings> settings(wanted.size());
  try {
    settings = co_await admin.settings(names);
  } catch (const error& e) {
    // What they are made of can be asked without the right to see their settings.
    if (e.kind() != errc::unauthorized) throw;
    log.warn(fmt::format("the settings of the topics are not compared: {}", e.what()));
  }
  std::vector<std::string> problems;
  for (std::size_t i = 0; i < wanted.size(); ++i) {
    if (!found[i].exists) continue;
    for (auto& p : graph::differences(wanted[i], found[i], settings[i])) problems.push_back(std::move(p));
  }
  co_return problems;
}

}  // namespace

task<> ensure_topics(runtime& on, std::vector<topic_spec> topics, topic_mismatch on_mismatch,
                     std::chrono::milliseconds patience) {
  if (topics.empty()) co_return;
  std::vector<kafka::new_topic> wanted;
  for (const auto& spec : topics) wanted.push_back(wanted_of(spec));

  auto& core = on.core();
  auto& time = core.threads->time();
  const auto control = co_await boost::asio::this_coro::executor;
  const auto admin = core.cluster->make_admin(control);
  const auto log = core.log.named("topics");
  const auto deadline = time.now() + patience;
  async::backoff wait{processor_parts::retry_first, processor_parts::retry_most};
  std::vector<std::string> problems;
  while (true) {
    std::string why;
    try {
      problems = co_await ensure(*admin, wanted, log);
      break;
    } catch (const error& e) {
      if (!processor_parts::may_pass(e.kind()) || time.now() >= deadline) throw;
      why = e.what();
    }
    log.warn(fmt::format("waiting for the cluster: {}", why));
    co_await async::sleep_for(time, wait.next());
  }
  if (problems.empty() || on_mismatch == topic_mismatch::ignore) co_return;
  if (on_mismatch == topic_mismatch::fail) {
    throw error{errc::topic_mismatch,
                fmt::format("topics are not as they should be:\n  - {}", fmt::join(problems, "\n  - "))};
  }
  for (const auto& problem : problems) log.warn(problem);
}

}  // namespace corka
