// clicks: counts clicks per user, and reports each user's every thousandth.
#include <corka/corka.hpp>

struct click {
  std::string page;
};
struct alert {
  std::string user;
  std::int64_t clicks = 0;
};
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE(click, page)
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE(alert, user, clicks)

const corka::stream<click> clicks{"clicks"};
const corka::stream<alert> alerts{"alerts"};

corka::task<> on_click(corka::context<std::int64_t>& ctx, click) {
  const auto count = ctx.value().value_or(0) + 1;
  ctx.set(count);  // state and changelog, one unit
  if (count % 1000 != 0) co_return;
  const auto sent = ctx.emit(alerts, ctx.key(), alert{std::string{ctx.key()}, count});
  const auto where = co_await sent.acked();  // this partition waits, others go on
  ctx.logger().info(std::string{ctx.key()} + " clicked for the " + std::to_string(count) + "th time: alert " +
                    std::to_string(where.offset.value) + " of partition " + std::to_string(where.partition.value));
}

corka::group<std::int64_t> clickers() {
  return corka::group<std::int64_t>{"clickers"}.input(clicks, on_click).output(alerts);
}

corka::task<> click_around(corka::emitter<click>& to) {  // some input to see it work
  for (int i = 0; i < 10'000; ++i) {
    co_await to.ready();
    to.emit("user" + std::to_string(i % 10), click{"/"});
  }
}

int main(int argc, char** argv) {
  corka::app app{argc, argv, "Counts clicks per user."};  // flags, signals, HTTP server, logs
  corka::processor processor{clickers(), app.defaults()};
  corka::emitter<click> emitter{clicks, {.create_with_partitions = 4}};
  corka::job visitors{[&](corka::runtime&) { return click_around(emitter); }};
  return app.run(processor, emitter, visitors);
}
