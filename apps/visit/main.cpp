// visit: counts clicks per user, and sets every counter back now and then with a visitor.
#include <corka/corka.hpp>

#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <chrono>
#include <cstdint>
#include <string>

const corka::stream<std::string> clicks{"visit-clicks"};

void on_click(corka::context<std::int64_t>& ctx, const std::string&) { ctx.set(ctx.value().value_or(0) + 1); }

// Runs over every row that this process has, between clicks.
void reset(corka::context<std::int64_t>& ctx, std::int64_t to) { ctx.set(to); }

corka::task<> click_around(corka::emitter<std::string>& to) {  // 500 users, 20 clicks each
  for (int i = 0; i < 10'000; ++i) {
    co_await to.ready();
    to.emit("user" + std::to_string(i % 500), "/");
  }
}

std::string described(const corka::visit_result& result) {
  return std::string{to_string(result.outcome)} + ": " + std::to_string(result.rows) + " counters in " +
         std::to_string(result.partitions.size()) + " partitions set back" +
         (result.why.empty() ? "" : ", " + result.why);
}

corka::task<> reset_now_and_then(corka::processor& counters, std::int64_t seconds, const corka::logger& log) {
  boost::asio::steady_timer timer{co_await boost::asio::this_coro::executor};
  while (true) {
    timer.expires_after(std::chrono::seconds{seconds});
    co_await timer.async_wait(boost::asio::use_awaitable);
    const auto result = co_await counters.visit("reset", std::int64_t{0});
    log.info(described(result));
  }
}

int main(int argc, char** argv) {
  corka::app app{argc, argv, "Counts clicks per user; a visitor sets the counters back."};
  std::int64_t every = 2;
  app.flag("--every", every, "Seconds between two visits").parse();
  if (every < 1) app.refuse("--every", "it is " + std::to_string(every) + ": 1 or more is possible");

  corka::group<std::int64_t> counters{"visit-counters"};
  counters.input(clicks, on_click).visitor<std::int64_t>("reset", reset);
  corka::processor processor{counters, app.defaults()};
  corka::emitter<std::string> emitter{clicks, {.create_with_partitions = 4}};
  corka::job users{[&](corka::runtime&) { return click_around(emitter); }};
  corka::job resets{[&](corka::runtime& on) { return reset_now_and_then(processor, every, on.log()); }};
  return app.run(processor, emitter, users, resets);
}
