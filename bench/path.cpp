// The workloads as a corka program with default options: what `path` measures against the raw loop.
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
#include <utility>

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

/// The states are what the records say; each of some keys.
corka::task<> check_states(corka::processor& processing, const bench::workload& work, std::uint64_t records) {
  const auto truth = bench::truth(work, records);
  for (std::uint64_t k = 0; k < work.keys; k += 997) {
    const auto row = co_await processing.row(bench::key_text(k));
    const auto bytes = row.bytes.value_or("0");
    if (bench::count_in(work, bytes) != truth[k]) {
      std::fprintf(stderr, "wrong state for %s: %s\n", bench::key_text(k).c_str(), bytes.c_str());
      std::exit(1);
    }
  }
}

/// Ends the processor once everything is processed and acknowledged.
corka::task<> watch(corka::processor& processing, bench::meter& meter, const bench::workload& work,
                    std::uint64_t records) {
  const std::chrono::milliseconds tick{5};
  while (meter.processed() < records) co_await pause(tick);
  while (unacknowledged(processing) > 0) co_await pause(tick);
  meter.finish();
  if (work.stateful) co_await check_states(processing, work, records);
  processing.stop();
}

corka::task<> measure(corka::runtime& on, corka::processor& processing, bench::meter& meter,
                      const bench::workload& work, std::uint64_t records) {
  asio::co_spawn(co_await asio::this_coro::executor, watch(processing, meter, work, records), asio::detached);
  co_await processing.run(on);
}

using text_stream = corka::stream<std::string>;

corka::declaration counting(const bench::workload& work, const std::string& name, bench::meter& meter) {
  corka::group<std::int64_t> g{name};
  g.input(text_stream{work.input}, [&meter](corka::context<std::int64_t>& ctx, const std::string&) {
    ctx.set(ctx.value().value_or(0) + 1);
    meter.count(ctx.partition());
  });
  return g.declared();
}

corka::declaration profiling(const bench::workload& work, const std::string& name, bench::meter& meter) {
  corka::group<std::string> g{name};
  g.input(text_stream{work.input}, [&meter](corka::context<std::string>& ctx, const std::string& value) {
    auto state = ctx.value().value_or("");
    bench::next_state(state, value);
    ctx.set(state);
    meter.count(ctx.partition());
  });
  return g.declared();
}

corka::declaration enriching(const bench::workload& work, const std::string& name, bench::meter& meter) {
  const corka::table<std::string> rows{work.table};
  const text_stream enriched{work.output};
  corka::group<> g{name};
  g.input(text_stream{work.input}, [&meter, rows, enriched](corka::context<void>& ctx, const std::string& value) {
    auto row = ctx.join(rows);
    if (!row) ctx.fail("the key has no row");
    ctx.emit(enriched, ctx.key(), std::move(*row += value));
    meter.count(ctx.partition());
  });
  g.join(rows).output(enriched);
  return g.declared();
}

corka::declaration declared(const bench::workload& work, const std::string& name, bench::meter& meter) {
  if (work.name == "enrich") return enriching(work, name, meter);
  if (work.name == "profile") return profiling(work, name, meter);
  return counting(work, name, meter);
}

}  // namespace

int main(int argc, char** argv) {
  const bench::arguments args{argc,
                              argv,
                              {{"--brokers", "embedded"},
                               {"--records", "2000000"},
                               {"--workload", "count"},
                               {"--group", "corka"},
                               {"--state-dir", "/tmp/corka-bench"},
                               {"--store", "lmdb"},
                               {"--workers", "0"}}};
  const auto records = args.number("--records");
  const auto work = bench::workload_named(args.text("--workload"));

  corka::runtime_options options;
  options.brokers = args.text("--brokers");
  options.state_dir = args.text("--state-dir");
  options.store = args.text("--store");
  options.workers = args.number("--workers");
  options.least = corka::log_level::warn;
  const auto runtime =
      options.brokers == "embedded" ? bench::runtime_in_memory(options) : std::make_unique<corka::runtime>(options);
  if (options.brokers == "embedded") runtime->run(bench::fill(*runtime, work, records));

  bench::meter meter{bench::partitions};
  corka::processor processing{declared(work, args.text("--group"), meter)};
  runtime->run(measure(*runtime, processing, meter, work, records));
  std::printf("{\"seconds\": %.6f, \"records\": %llu, \"cpu_seconds\": %.6f}\n", meter.seconds(),
              static_cast<unsigned long long>(records), meter.cpu_seconds());
}
