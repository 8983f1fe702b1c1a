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

namespace {

template <class Each>
corka::task<> write(corka::runtime& on, std::string topic, std::uint64_t records, Each each) {
  corka::emitter_options options;
  options.create_with_partitions = partitions;
  corka::emitter<std::string> to{corka::stream<std::string>{std::move(topic)}, options};
  boost::asio::co_spawn(co_await boost::asio::this_coro::executor, to.run(on), boost::asio::detached);
  for (std::uint64_t i = 0; i < records; ++i) {
    if (i % 256 == 0) co_await to.ready();
    each(to, i);
  }
  co_await to.flush();
  to.stop();
}

}  // namespace

corka::task<> fill(corka::runtime& on, workload what, std::uint64_t records) {
  const auto nothing = [](corka::emitter<std::string>&, std::uint64_t) {};
  const auto row = [](corka::emitter<std::string>& to, std::uint64_t k) { to.emit(key_text(k), row_text(k)); };
  const key_numbers numbers{what};
  const auto record = [&numbers](corka::emitter<std::string>& to, std::uint64_t i) {
    to.emit(key_text(numbers(i)), value_text(i));
  };
  if (!what.output.empty()) co_await write(on, what.output, 0, nothing);
  if (!what.table.empty()) co_await write(on, what.table, what.keys, row);
  co_await write(on, what.input, records, record);
}

}  // namespace bench
