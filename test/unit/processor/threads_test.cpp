// What shows on real threads only: virtual time has no moment between a cancellation and its end.
#include "support/temporary_folder.hpp"

#include <corka/corka.hpp>

#include <doctest/doctest.h>
#include <boost/asio/experimental/awaitable_operators.hpp>

#include <algorithm>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

namespace corka {

namespace {

using boost::asio::experimental::awaitable_operators::operator&&;

const stream<std::string> clicks{"clicks"};

task<> click(emitter<std::string>& to, int times) {
  co_await to.ready();
  for (int i = 0; i < times; ++i) to.emit("k" + std::to_string(i % 5), "/");
  co_await to.flush();
  to.stop();
}

}  // namespace

TEST_CASE("partitions that fail at the same time do not wait for each other's deadlines") {
  for (int round = 0; round < 5; ++round) {
    const test::temporary_folder folder;
    std::mutex mutex;
    std::vector<std::string> said;
    runtime_options options{.brokers = "embedded", .state_dir = folder.path(), .workers = 2};
    options.log = [&](log_level, std::string_view, std::string_view message) {
      const std::lock_guard lock{mutex};
      said.emplace_back(message);
    };
    runtime on{options};
    group<std::string> g{"g"};
    g.input(clicks, [](context<std::string>& ctx, const std::string&) { ctx.set(std::string(10U << 20U, 'x')); });
    processor counting{g, {.create_topics = topic_creation::all}};
    emitter clicking{clicks, {.create_with_partitions = 4}};
    std::string why;
    try {
      on.run(counting.run(on) && clicking.run(on) && click(clicking, 10));
    } catch (const std::exception& e) { why = e.what(); }
    CHECK(why.find("its state could not be written to the changelog: record too large") != std::string::npos);
    const auto gave_up = [](const std::string& line) { return line.starts_with("gave up after the deadline"); };
    CHECK(std::ranges::none_of(said, gave_up));
  }
}

}  // namespace corka
