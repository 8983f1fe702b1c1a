// How often a broker that is away is knocked at.
#include "contract/kafka/driven_member.hpp"
#include "support/one_loop.hpp"
#include "system/kafka_outage/outage_broker.hpp"

#include "kafka/rdkafka/make_cluster.hpp"

#include <corka/error.hpp>
#include <corka/log.hpp>

#include <doctest/doctest.h>

#include <atomic>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

using namespace corka;
using namespace corka::test;
using namespace std::chrono_literals;

namespace {

/// Attempts to connect, as librdkafka's debug log tells them.
struct knocks {
  std::atomic<int> of_admins{0};
  std::atomic<int> of_others{0};

  log_sink sink() {
    return [this](log_level, std::string_view component, std::string_view text) {
      if (text.find("Connecting to ") == std::string_view::npos) return;
      ++(component.ends_with("/admin") ? of_admins : of_others);
    };
  }
};

task<> describe(std::shared_ptr<kafka::admin> admin, errc* failed) {
  std::vector<topic_name> names{topic_name{"knocked-at"}};
  try {
    static_cast<void>(co_await admin->describe(std::move(names)));
  } catch (const error& e) { *failed = e.kind(); }
}

}  // namespace

TEST_CASE("outage: questions to a broker that is dead do not make it be knocked at without pause") {
  auto& broker = outage_broker();
  knocks counted;
  one_loop threads;
  kafka::rdkafka::rdkafka_options options;
  options.bootstrap_servers = broker.address();
  options.properties = {{"debug", "broker"}};
  options.log = logger{std::make_shared<const log_sink>(counted.sink()), log_level::debug, "kafka"};
  const auto cluster = kafka::rdkafka::make_cluster(std::move(options), threads);
  const auto control = threads.worker(0);
  const auto first = cluster->make_admin(control);
  const auto second = cluster->make_admin(control);
  const auto producer = cluster->make_producer({}, control);
  errc failed{};
  threads.run(describe(first, &failed));
  threads.run(describe(second, &failed));
  CHECK(failed == errc{});
  // One connection for all who ask, besides the one to the address that was given.
  CHECK(counted.of_admins <= 2);

  broker.kill();
  counted.of_admins = 0;
  counted.of_others = 0;
  for (const auto& admin : {first, second, first}) {
    failed = errc{};
    threads.run(describe(admin, &failed));
    CHECK(failed == errc::broker_unavailable);
  }
  // A request waits five seconds; reconnect.backoff.ms doubles from 100 to 2,000.
  CHECK(counted.of_admins > 0);
  CHECK(counted.of_admins < 100);
  CHECK(counted.of_others < 100);
  broker.restart();
  CHECK(threads.eventually(
      [&] {
        failed = errc{};
        threads.run(describe(second, &failed));
        return failed == errc{};
      },
      60s));
  threads.run(producer->close(threads.time().now() + 2s));
}
