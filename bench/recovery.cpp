// A group starts with a large table on a real Kafka.
//
// --part fill writes the group's changelog; --part run runs the group until every partition processes, and says how
// long that took.
#include "support/arguments.hpp"
#include "support/large_table.hpp"
#include "support/rdkafka.hpp"
#include "support/workload.hpp"

#include <corka/corka.hpp>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <fstream>
#include <optional>
#include <string>

namespace asio = boost::asio;

namespace {

void fill(const std::string& brokers, std::uint64_t records, std::uint64_t keys) {
  const auto producer = bench::make_handle(RD_KAFKA_PRODUCER, {{"bootstrap.servers", brokers},
                                                               {"enable.idempotence", "true"},
                                                               {"linger.ms", "50"},
                                                               {"queue.buffering.max.messages", "200000"}});
  const auto table = std::string{bench::large_group} + "-table";
  bench::create_topic(producer.get(), bench::large_input, bench::partitions, {});
  bench::create_topic(producer.get(), table, bench::partitions, {{"cleanup.policy", "compact"}});
  const bench::kafka_topic to{rd_kafka_topic_new(producer.get(), table.c_str(), nullptr)};
  for (std::uint64_t i = 0; i < records; ++i) {
    // Every key once, then keys at random.
    const auto key = bench::key_text(i < keys ? i : bench::scramble(i) % keys);
    auto value = bench::value_text(i);
    const auto partition = corka::partition_of(key, bench::partitions).value;
    while (rd_kafka_produce(to.get(), partition, RD_KAFKA_MSG_F_COPY, value.data(), value.size(), key.data(),
                            key.size(), nullptr) != 0) {
      if (rd_kafka_last_error() != RD_KAFKA_RESP_ERR__QUEUE_FULL) bench::check(rd_kafka_last_error(), "produce");
      rd_kafka_poll(producer.get(), 10);
    }
    if (i % 1'000 == 0) rd_kafka_poll(producer.get(), 0);
  }
  bench::check(rd_kafka_flush(producer.get(), 60'000), "flush");
}

struct outcome {
  std::chrono::duration<double> from_assignment{};
  std::uint64_t recovered = 0;
  std::uint64_t rows = 0;
  double anonymous_mb = 0;  ///< the most that was in use beside the store's pages
};

/// Memory of this process that is no file's page.
double anonymous_mb() {
  std::ifstream status{"/proc/self/status"};
  std::string name;
  while (status >> name) {
    double kb = 0;
    if (name == "RssAnon:" && status >> kb) return kb / 1024;
  }
  return 0;
}

/// Waits until all partitions process, then stops the processor.
corka::task<> watch(corka::processor& of, outcome& into) {
  using clock = std::chrono::steady_clock;
  std::optional<clock::time_point> assigned;
  asio::steady_timer timer{co_await asio::this_coro::executor};
  while (true) {
    const auto now = of.status();
    into.anonymous_mb = std::max(into.anonymous_mb, anonymous_mb());
    if (!assigned && !now.partitions.empty()) assigned = clock::now();
    std::size_t ready = 0;
    into.recovered = into.rows = 0;
    for (const auto& p : now.partitions) {
      ready += p.state == corka::partition_state::running ? 1U : 0U;
      if (p.table) into.rows += p.table->rows;
      if (p.table && p.table->recovery) into.recovered += p.table->recovery->records;
    }
    if (ready == static_cast<std::size_t>(bench::partitions)) break;
    timer.expires_after(std::chrono::milliseconds{5});
    co_await timer.async_wait(asio::use_awaitable);
  }
  into.from_assignment = clock::now() - *assigned;
  of.stop();
}

corka::task<> measure(corka::runtime& on, corka::processor& of, outcome& into) {
  asio::co_spawn(co_await asio::this_coro::executor, watch(of, into), asio::detached);
  co_await of.run(on);
}

}  // namespace

int main(int argc, char** argv) {
  const bench::arguments args{argc,
                              argv,
                              {{"--brokers", "127.0.0.1:9092"},
                               {"--records", "2000000"},
                               {"--keys", "1000000"},
                               {"--part", "run"},
                               {"--state-dir", "/tmp/corka-bench"}}};
  if (args.text("--part") == "fill") {
    fill(args.text("--brokers"), args.number("--records"), args.number("--keys"));
    return 0;
  }
  corka::runtime_options options;
  options.brokers = args.text("--brokers");
  options.state_dir = args.text("--state-dir");
  options.least = corka::log_level::warn;
  corka::runtime runtime{options};
  corka::group<std::string> large{bench::large_group};
  large.input(corka::stream<std::string>{bench::large_input},
              [](corka::context<std::string>& ctx, const std::string& value) { ctx.set(value); });
  corka::processor member{large};
  outcome result;
  runtime.run(measure(runtime, member, result));
  std::printf("{\"seconds\": %.6f, \"recovered\": %llu, \"rows\": %llu, \"anonymous_mb\": %.1f}\n",
              result.from_assignment.count(), static_cast<unsigned long long>(result.recovered),
              static_cast<unsigned long long>(result.rows), result.anonymous_mb);
}
