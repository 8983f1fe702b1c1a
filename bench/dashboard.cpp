// What `dashboard` looks at: counts clicks in 1,000 partitions as fast as they come, and says each second how far it
// is.
//
// It has the dashboard that every program has. Its broker is in the process, on disk.
#include <corka/corka.hpp>

#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <sys/resource.h>

#include <atomic>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <map>
#include <string>

namespace {

const corka::stream<std::string> clicks{"bench-dashboard-clicks"};
constexpr std::int64_t users = 100'000;
/// How far the clicks may run ahead of their counting: what is measured is how fast both go together.
constexpr std::uint64_t ahead_at_most = 50'000;

std::atomic<std::uint64_t> processed{0};

void on_click(corka::context<std::int64_t>& ctx, const std::string&) {
  ctx.set(ctx.value().value_or(0) + 1);
  processed.fetch_add(1, std::memory_order_relaxed);
}

/// With `ahead` 0 there is one handful, and no more.
corka::task<> click_for_ever(corka::emitter<std::string>& to, std::uint64_t ahead) {
  boost::asio::steady_timer timer{co_await boost::asio::this_coro::executor};
  std::uint64_t emitted = 0;
  while (true) {
    co_await to.ready();
    for (int n = 0; n < 64; ++n, ++emitted) to.emit("user" + std::to_string(emitted * 7'919 % users), "/");
    while (ahead == 0 || emitted - processed.load(std::memory_order_relaxed) > ahead) {
      timer.expires_after(ahead == 0 ? std::chrono::hours{1} : std::chrono::milliseconds{1});
      co_await timer.async_wait(boost::asio::use_awaitable);
    }
  }
}

double cpu_seconds() {
  rusage usage{};
  ::getrusage(RUSAGE_SELF, &usage);
  const auto seconds = [](const timeval& t) {
    return static_cast<double>(t.tv_sec) + static_cast<double>(t.tv_usec) * 1e-6;
  };
  return seconds(usage.ru_utime) + seconds(usage.ru_stime);
}

corka::task<> tell() {
  const auto began = std::chrono::steady_clock::now();
  boost::asio::steady_timer timer{co_await boost::asio::this_coro::executor};
  while (true) {
    timer.expires_after(std::chrono::milliseconds{500});
    co_await timer.async_wait(boost::asio::use_awaitable);
    const std::chrono::duration<double> since = std::chrono::steady_clock::now() - began;
    std::printf("{\"seconds\": %.6f, \"records\": %llu, \"cpu\": %.6f}\n", since.count(),
                static_cast<unsigned long long>(processed.load(std::memory_order_relaxed)), cpu_seconds());
    std::fflush(stdout);
  }
}

}  // namespace

int main(int argc, char** argv) {
  std::int64_t partitions = 1'000;
  bool idle = false;
  corka::app app{argc, argv, "Counts clicks as fast as they come, for the bench `dashboard`."};
  app.flag("--partitions", partitions, "Partitions of the topics")
      .flag("--idle", idle, "There is a handful of clicks, and no more")
      .parse();

  corka::group<std::int64_t> counters{"bench-dashboard"};
  counters.input(clicks, on_click);
  auto options = app.defaults();
  options.create_topics = corka::topic_creation::all;
  options.new_topic_partitions = static_cast<std::int32_t>(partitions);
  corka::processor processor{counters, options};
  corka::emitter_options made;
  made.create_with_partitions = static_cast<std::int32_t>(partitions);
  corka::emitter<std::string> emitter{clicks, made};
  corka::job visitors{[&](corka::runtime&) { return click_for_ever(emitter, idle ? 0 : ahead_at_most); }};
  corka::job teller{[](corka::runtime&) { return tell(); }};
  return app.run(processor, emitter, visitors, teller);
}
