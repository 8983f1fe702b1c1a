// A table of 100,000 rows that can be asked for by HTTP, as a corka program serves it: what `lookup` measures.
//
// --mode rows: fills the table, tells its port, and serves until its standard input ends. --mode load: tells its port,
// and once a line comes processes all records, serving meanwhile; tells how long that took. The broker is in the
// process, in memory.
#include "support/arguments.hpp"
#include "support/embedded_runtime.hpp"
#include "support/meter.hpp"
#include "support/workload.hpp"

#include "app/peers.hpp"
#include "app/processor_source.hpp"
#include "app/settings.hpp"
#include "async/execution.hpp"
#include "async/task_group.hpp"
#include "async/timer.hpp"
#include "http/listener.hpp"
#include "processor/runtime_core.hpp"
#include "query/access.hpp"
#include "query/event_log.hpp"
#include "query/monitor.hpp"
#include "query/routes.hpp"

#include <corka/corka.hpp>

#include <boost/asio/this_coro.hpp>

#include <chrono>
#include <cstdint>
#include <cstdio>
#include <string>
#include <vector>

namespace {

using namespace std::chrono_literals;

corka::declaration counting(const bench::workload& work, bench::meter& meter) {
  corka::group<std::int64_t> g{"lookup"};
  g.input(corka::stream<std::string>{work.input}, [&meter](corka::context<std::int64_t>& ctx, const std::string&) {
    ctx.set(ctx.value().value_or(0) + 1);
    meter.count(ctx.partition());
  });
  return g.declared();
}

/// What corka::app puts around processors, without actions.
struct site {
  corka::query::event_log happened;
  corka::app_parts::settings flags;
  corka::app_parts::processor_source source;
  corka::query::monitor monitor;
  corka::http::router routes;
  corka::query::access who;
  corka::app_parts::peers peers;
  corka::http::listener server;

  site(corka::executor here, corka::runtime& on, std::vector<const corka::processor*> of)
      : happened{on.core().threads->time()},
        source{on.core(), of},
        monitor{here, on.core().threads->time(), source, happened},
        who{"", corka::query::access::needed::actions, on.core().threads->time()},
        peers{here, on.core(), source, routes, of, flags, who, on.log()},
        server{here, on.core().threads->time(), routes, {.address = "127.0.0.1:0"}, on.log()} {
    corka::query::route_all(routes, source, monitor, {.across = &peers.across()});
    server.open();
  }
};

corka::task<> pause(corka::clock& time, std::chrono::milliseconds d) { co_await corka::async::sleep_for(time, d); }

/// Waits for a line, or the end, of the standard input, where it holds up nobody.
corka::task<bool> line_comes(corka::runtime& on) {
  const auto read = [] {
    int c = 0;
    while (c != '\n' && c != EOF) c = std::getchar();
    return c == '\n';
  };
  co_return co_await corka::async::blocking(*on.core().threads, read);
}

corka::task<> processed(corka::clock& time, const corka::processor& of, bench::meter& meter, std::uint64_t records) {
  while (meter.processed() < records) co_await pause(time, 5ms);
  std::uint64_t under_way = 1;
  while (under_way > 0) {
    co_await pause(time, 5ms);
    under_way = 0;
    for (const auto& p : of.status().partitions) under_way += p.in_flight;
  }
  meter.finish();
}

void tell_port(const site& s) {
  std::printf("{\"port\": %u}\n", s.server.port());
  std::fflush(stdout);
}

corka::task<> measure(corka::runtime& on, corka::processor& processing, bench::meter& meter, std::uint64_t records,
                      bool loaded) {
  const auto here = co_await boost::asio::this_coro::executor;
  auto& time = on.core().threads->time();
  site s{here, on, {&processing}};
  corka::async::task_group running{here};
  running.spawn(s.server.run());
  running.spawn(s.monitor.run());
  if (loaded) {
    tell_port(s);
    (void)co_await line_comes(on);
  }
  running.spawn(processing.run(on));
  co_await processed(time, processing, meter, records);
  if (loaded) {
    std::printf("{\"seconds\": %.6f, \"records\": %llu}\n", meter.seconds(), static_cast<unsigned long long>(records));
    std::fflush(stdout);
  } else {
    tell_port(s);
  }
  (void)co_await line_comes(on);
  s.server.stop();
  s.monitor.stop();
  processing.stop();
  co_await running.join();
  co_await s.peers.across().stop();
}

}  // namespace

int main(int argc, char** argv) {
  const bench::arguments args{argc,
                              argv,
                              {{"--mode", "rows"},
                               {"--records", "1500000"},
                               {"--state-dir", "/tmp/corka-bench"},
                               {"--store", "lmdb"},
                               {"--workers", "0"}}};
  const auto records = args.number("--records");
  const auto work = bench::workload_named("count");
  corka::runtime_options options;
  options.state_dir = args.text("--state-dir");
  options.store = args.text("--store");
  options.workers = args.number("--workers");
  options.least = corka::log_level::warn;
  const auto runtime = bench::runtime_in_memory(options);
  runtime->run(bench::fill(*runtime, work, records));
  bench::meter meter{bench::partitions};
  corka::processor processing{counting(work, meter)};
  runtime->run(measure(*runtime, processing, meter, records, args.text("--mode") == "load"));
}
