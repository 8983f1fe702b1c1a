// own_store: counts clicks per user; local copies are kept by a store of the program's own, and users of one country
// share a partition by a partitioner of its own.
#include "file_store.hpp"

#include <corka/corka.hpp>

#include <cstdint>
#include <memory>
#include <string>

// Keys are "<country>-<user>".
constexpr corka::partitioner by_country{"by-country", [](std::string_view key, std::int32_t partitions) {
                                          return corka::partition_of(key.substr(0, key.find('-')), partitions).value;
                                        }};

const corka::stream<std::string> clicks{"own-store-clicks", {}, by_country};

void on_click(corka::context<std::int64_t>& ctx, const std::string&) { ctx.set(ctx.value().value_or(0) + 1); }

corka::task<> click_around(corka::emitter<std::string>& to) {  // 300 users, 10 clicks each
  const char* countries[]{"at", "pl", "ie"};
  for (int i = 0; i < 3'000; ++i) {
    co_await to.ready();
    to.emit(std::string{countries[i % 3]} + "-user" + std::to_string(i % 300), "/");
  }
}

int main(int argc, char** argv) {
  corka::app app{argc, argv, "Counts clicks per user, on a store and with a partitioner of the program's own."};
  app.parse();
  app.stores(std::make_shared<file_store_factory>());

  corka::group<std::int64_t> counters{"own-store-counters"};
  counters.input(clicks, on_click);
  corka::processor processor{counters, app.defaults()};
  corka::view<std::int64_t> counts{counters.table()};
  corka::emitter<std::string> emitter{clicks, {.create_with_partitions = 4}};
  corka::job users{[&](corka::runtime&) { return click_around(emitter); }};
  return app.run(processor, counts, emitter, users);
}
