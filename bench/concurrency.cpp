// Suspended callbacks: each record waits 20 ms, as for a service that it asks. 8 partitions, 1'000 callbacks at once
// altogether; then the same one after another.
//
// The embedded broker is in this process, in memory, and filled first.
#include "support/arguments.hpp"
#include "support/embedded_runtime.hpp"
#include "support/meter.hpp"
#include "support/workload.hpp"

#include <corka/corka.hpp>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <chrono>
#include <cstdint>
#include <cstdio>
#include <memory>
#include <string>

namespace asio = boost::asio;

namespace {

corka::task<> pause(std::chrono::milliseconds time) {
  asio::steady_timer timer{co_await asio::this_coro::executor, time};
  co_await timer.async_wait(asio::use_awaitable);
}

/// Ends the processor once `records` are through.
corka::task<> watch(corka::processor& what, bench::meter& meter, std::uint64_t records) {
  while (meter.processed() < records) co_await pause(std::chrono::milliseconds{5});
  meter.finish();
  what.stop();
}

corka::task<> measure(corka::runtime& on, corka::processor& what, bench::meter& meter, std::uint64_t records) {
  asio::co_spawn(co_await asio::this_coro::executor, watch(what, meter, records), asio::detached);
  co_await what.run(on);
}

/// Records per second.
double run(const bench::arguments& args, std::uint64_t records, std::size_t concurrency, double& cpu_us) {
  corka::runtime_options options;
  options.state_dir = args.text("--state-dir");
  options.store = "memory";
  options.workers = args.number("--workers");
  options.least = corka::log_level::warn;
  const auto runtime = bench::runtime_in_memory(options);
  const auto what_is_read = bench::workload_named("count");
  runtime->run(bench::fill(*runtime, what_is_read, records));

  bench::meter meter{bench::partitions};
  const std::chrono::milliseconds wait{static_cast<std::int64_t>(args.number("--wait-ms"))};
  corka::group<std::int64_t> counters{"concurrency"};
  const auto callback = [&meter, wait](corka::context<std::int64_t>& ctx, std::string) -> corka::task<> {
    co_await pause(wait);
    ctx.set(ctx.value().value_or(0) + 1);
    meter.count(ctx.partition());
  };
  counters.input(corka::stream<std::string>{what_is_read.input}, callback, {.concurrency = concurrency});
  corka::processor what{counters};
  runtime->run(measure(*runtime, what, meter, records));
  cpu_us = meter.cpu_seconds() * 1e6 / static_cast<double>(records);
  return static_cast<double>(records) / meter.seconds();
}

}  // namespace

int main(int argc, char** argv) {
  const bench::arguments args{argc,
                              argv,
                              {{"--records", "400000"},
                               {"--suspended", "1000"},
                               {"--wait-ms", "20"},
                               {"--state-dir", "/tmp/corka-bench-concurrency"},
                               {"--workers", "0"}}};
  double cpu = 0;
  const auto each = args.number("--suspended") / static_cast<std::uint64_t>(bench::partitions);
  const auto together = run(args, args.number("--records"), each, cpu);
  std::printf("%llu suspended callbacks, %d partitions: %.0f records/s, %.2f us CPU each\n",
              static_cast<unsigned long long>(each * static_cast<std::uint64_t>(bench::partitions)),
              static_cast<int>(bench::partitions), together, cpu);
  const auto alone = run(args, 2'000, 1, cpu);
  std::printf("one after another in each:  %.0f records/s\n", alone);
}
