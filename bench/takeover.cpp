// One member of the group with the large table, or the records that keep its partitions busy; `takeover` kills members.
//
// --part member prints, whenever it changes, "holds PARTITIONS COPIES": partitions that process here, and standby's
// copies that are current; and "first PARTITION MICROSECONDS" (steady clock) with the first record of each partition.
// --part load writes a record to each partition every 10 ms until it is killed.
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
#include <array>
#include <atomic>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <string>
#include <thread>
#include <utility>

namespace asio = boost::asio;

namespace {

using std::chrono::milliseconds;
using std::chrono::steady_clock;

[[noreturn]] void load(const std::string& brokers) {
  const auto producer = bench::make_handle(
      RD_KAFKA_PRODUCER, {{"bootstrap.servers", brokers}, {"enable.idempotence", "true"}, {"linger.ms", "0"}});
  const bench::kafka_topic to{rd_kafka_topic_new(producer.get(), bench::large_input, nullptr)};
  std::array<std::string, bench::partitions> keys;
  for (std::uint64_t k = 0; std::ranges::count(keys, std::string{}) > 0; ++k) {
    const auto key = bench::key_text(k);
    keys[static_cast<std::size_t>(corka::partition_of(key, bench::partitions).value)] = key;
  }
  for (std::uint64_t i = 0;; ++i) {
    for (std::int32_t p = 0; p < bench::partitions; ++p) {
      auto value = bench::value_text(i);
      const auto& key = keys[static_cast<std::size_t>(p)];
      if (rd_kafka_produce(to.get(), p, RD_KAFKA_MSG_F_COPY, value.data(), value.size(), key.data(), key.size(),
                           nullptr) != 0) {
        bench::check(rd_kafka_last_error(), "produce");
      }
    }
    rd_kafka_poll(producer.get(), 0);
    std::this_thread::sleep_for(milliseconds{10});
  }
}

void say(const char* what, long long first, long long second) {
  std::printf("%s %lld %lld\n", what, first, second);
  std::fflush(stdout);
}

/// Tells what the member has whenever that changes, for as long as it runs.
corka::task<> tell(const corka::processor& of) {
  asio::steady_timer timer{co_await asio::this_coro::executor};
  std::pair<std::ptrdiff_t, std::ptrdiff_t> told{-1, -1};
  while (true) {
    const auto now = of.status();
    const std::pair holds{
        std::ranges::count(now.partitions, corka::partition_state::running, &corka::partition_status::state),
        std::ranges::count_if(now.standbys, [](const auto& c) {
          return c.state == corka::copy_state::following && c.lag && *c.lag < 1'000;
        })};
    if (holds != told) say("holds", holds.first, holds.second);
    told = holds;
    timer.expires_after(milliseconds{20});
    co_await timer.async_wait(asio::use_awaitable);
  }
}

corka::task<> run(corka::runtime& on, corka::processor& member) {
  asio::co_spawn(co_await asio::this_coro::executor, tell(member), asio::detached);
  co_await member.run(on);
}

}  // namespace

int main(int argc, char** argv) {
  const bench::arguments args{
      argc,
      argv,
      {{"--brokers", "127.0.0.1:9092"}, {"--part", "member"}, {"--standby", "0"}, {"--state-dir", "/tmp/corka-bench"}}};
  if (args.text("--part") == "load") load(args.text("--brokers"));
  corka::runtime_options options;
  options.brokers = args.text("--brokers");
  options.state_dir = args.text("--state-dir");
  options.least = corka::log_level::warn;
  corka::runtime runtime{options};
  std::array<std::atomic<bool>, bench::partitions> seen{};
  corka::group<std::string> large{bench::large_group};
  large.input(corka::stream<std::string>{bench::large_input},
              [&seen](corka::context<std::string>& ctx, const std::string& value) {
                ctx.set(value);
                const auto p = ctx.partition().value;
                if (seen[static_cast<std::size_t>(p)].exchange(true)) return;
                const auto now = steady_clock::now().time_since_epoch();
                say("first", p, std::chrono::duration_cast<std::chrono::microseconds>(now).count());
              });
  corka::processor member{large, {.standby_replicas = static_cast<std::int32_t>(args.number("--standby"))}};
  runtime.run(run(runtime, member));
}
