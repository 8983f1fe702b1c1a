// The workload "count" as a corka program with default options: what `path` measures against the raw loop.
//
// With --brokers embedded the broker is in this process, in memory, and filled first.
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
#include <cstdlib>
#include <memory>
#include <string>

namespace asio = boost::asio;

namespace {

corka::task<> pause(std::chrono::milliseconds time) {
  asio::steady_timer timer{co_await asio::this_coro::executor, time};
  co_await timer.async_wait(asio::use_awaitable);
}

std::uint64_t unacknowledged(const corka::processor& of) {
  std::uint64_t sum = 0;
  for (const auto& p : of.status().partitions) sum += p.in_flight;
  return sum;
}

/// Ends the processor once everything is counted and acknowledged.
corka::task<> watch(corka::processor& counting, bench::meter& meter, std::uint64_t records) {
  const std::chrono::milliseconds tick{5};
  while (meter.processed() < records) co_await pause(tick);
  while (unacknowledged(counting) > 0) co_await pause(tick);
  meter.finish();
  const auto truth = bench::truth(records);
  for (std::uint64_t k = 0; k < bench::keys; k += 997) {
    const auto row = co_await counting.row(bench::key_text(k));
    if (row.bytes.value_or("0") != std::to_string(truth[k])) {
      std::fprintf(stderr, "wrong count for %s: %s\n", bench::key_text(k).c_str(), row.bytes.value_or("none").c_str());
      std::exit(1);
    }
  }
  counting.stop();
}

corka::task<> measure(corka::runtime& on, corka::processor& counting, bench::meter& meter, std::uint64_t records) {
  asio::co_spawn(co_await asio::this_coro::executor, watch(counting, meter, records), asio::detached);
  co_await counting.run(on);
}

}  // namespace

int main(int argc, char** argv) {
  const bench::arguments args{argc,
                              argv,
                              {{"--brokers", "embedded"},
                               {"--records", "2000000"},
                               {"--group", "corka"},
                               {"--state-dir", "/tmp/corka-bench"},
                               {"--store", "lmdb"},
                               {"--workers", "0"}}};
  const auto records = args.number("--records");

  corka::runtime_options options;
  options.brokers = args.text("--brokers");
  options.state_dir = args.text("--state-dir");
  options.store = args.text("--store");
  options.workers = args.number("--workers");
  options.least = corka::log_level::warn;
  const auto runtime =
      options.brokers == "embedded" ? bench::runtime_in_memory(options) : std::make_unique<corka::runtime>(options);
  if (options.brokers == "embedded") runtime->run(bench::fill(*runtime, records));

  bench::meter meter{bench::partitions};
  const corka::stream<std::string> clicks{bench::input_topic};
  corka::group<std::int64_t> counters{args.text("--group")};
  counters.input(clicks, [&meter](corka::context<std::int64_t>& ctx, const std::string&) {
    ctx.set(ctx.value().value_or(0) + 1);
    meter.count(ctx.partition());
  });
  corka::processor counting{counters};
  runtime->run(measure(*runtime, counting, meter, records));
  std::printf("{\"seconds\": %.6f, \"records\": %llu, \"cpu_seconds\": %.6f}\n", meter.seconds(),
              static_cast<unsigned long long>(records), meter.cpu_seconds());
}
