#include "support/embedded_runtime.hpp"

#include "support/workload.hpp"

#include "async/execution.hpp"
#include "kafka/embedded/broker.hpp"
#include "processor/compose.hpp"

#include <corka/emitter.hpp>
#include <corka/partitioner.hpp>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/this_coro.hpp>

#include <filesystem>

namespace bench {

std::unique_ptr<corka::runtime> runtime_in_memory(const corka::runtime_options& options) {
  auto composed = options;
  // An address that is never used: what is composed first is a cluster that connects to nothing.
  composed.brokers = "127.0.0.1:1";
  std::filesystem::create_directories(options.state_dir);
  auto core = corka::compose(std::move(composed));
  core->embedded = true;
  corka::kafka::embedded::broker_options broker;
  broker.log = core->log.named("broker");
  core->cluster =
      corka::kafka::embedded::make_cluster(corka::kafka::embedded::broker::open(*core->threads, std::move(broker)));
  return std::make_unique<corka::runtime>(std::move(core));
}

corka::task<> fill(corka::runtime& on, std::uint64_t records) {
  corka::emitter_options options;
  options.create_with_partitions = partitions;
  corka::emitter<std::string> to{corka::stream<std::string>{input_topic}, options};
  boost::asio::co_spawn(co_await boost::asio::this_coro::executor, to.run(on), boost::asio::detached);
  for (std::uint64_t i = 0; i < records; ++i) {
    if (i % 256 == 0) co_await to.ready();
    to.emit(key_text(key_number(i)), value_text(i));
  }
  co_await to.flush();
  to.stop();
}

}  // namespace bench
