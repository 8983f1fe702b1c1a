#include "processor/compose.hpp"

#include "async/thread_execution.hpp"
#include "kafka/embedded/broker.hpp"
#include "kafka/rdkafka/make_cluster.hpp"
#include "store/lmdb/lmdb_factory.hpp"
#include "store/memory/memory_factory.hpp"
#include "store/state_directory.hpp"

#include <corka/error.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <thread>

namespace corka {

namespace {

std::shared_ptr<store::store_factory> stores_of(const std::string& kind) {
  if (kind == "lmdb") return std::make_shared<store::lmdb::lmdb_factory>();
  if (kind == "memory") return std::make_shared<store::memory::memory_factory>();
  throw error{errc::invalid_option, fmt::format("there is no store '{}': use lmdb or memory", kind)};
}

}  // namespace

std::shared_ptr<runtime_core> compose(runtime_options options) {
  auto core = std::make_shared<runtime_core>();
  auto sink = options.log ? std::move(options.log) : stderr_sink();
  core->log = logger{std::make_shared<const log_sink>(std::move(sink)), options.least, "corka"};
  core->stores = options.stores ? std::move(options.stores) : stores_of(options.store);
  core->state_dir = options.state_dir.empty() ? store::state_directory::default_root() : std::move(options.state_dir);
  core->instance = std::move(options.instance);
  core->advertise = std::move(options.advertise);
  const std::size_t cores = std::max(1U, std::thread::hardware_concurrency());
  core->threads = std::make_shared<async::thread_execution>(options.workers == 0 ? cores : options.workers);
  core->embedded = options.brokers == "embedded";
  if (core->embedded) {
    kafka::embedded::broker_options broker;
    broker.directory = core->state_dir / "embedded-broker";
    broker.log = core->log.named("broker");
    core->cluster = kafka::embedded::make_cluster(kafka::embedded::broker::open(*core->threads, std::move(broker)));
  } else {
    kafka::rdkafka::rdkafka_options kafka;
    kafka.bootstrap_servers = options.brokers;
    kafka.properties = std::move(options.kafka_properties);
    kafka.log = core->log.named("kafka");
    core->cluster = kafka::rdkafka::make_cluster(std::move(kafka), *core->threads);
  }
  return core;
}

}  // namespace corka
