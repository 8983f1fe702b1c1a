// A user's program: writes three clicks, counts them, and stops when all are counted.
#include <corka/corka.hpp>

#include <csignal>
#include <cstdint>
#include <string>

struct click {
  std::string page;
};
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE(click, page)

namespace {

const corka::stream<click> clicks{"clicks"};

corka::task<> on_click(corka::context<std::int64_t>& ctx, click /*c*/) {
  const auto count = ctx.value().value_or(0) + 1;
  ctx.set(count);
  if (count == 3) std::raise(SIGTERM);
  co_return;
}

corka::task<> write(corka::emitter<click>& to) {
  co_await to.ready();
  for (const auto* page : {"/", "/a", "/b"}) to.emit("anna", click{page});
  co_await to.flush();
}

}  // namespace

int main(int argc, char** argv) {
  corka::app app{argc, argv, "Counts three clicks."};
  app.parse();
  corka::group<std::int64_t> clickers{"clickers"};
  clickers.input(clicks, on_click);
  corka::processor counting{clickers, app.defaults()};
  corka::emitter<click> emitter{clicks, {.create_with_partitions = 4}};
  corka::job writing{[&](corka::runtime& /*on*/) { return write(emitter); }};
  return app.run(counting, emitter, writing);
}
