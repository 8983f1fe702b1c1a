#include "app/service_set.hpp"

#include "async/timer.hpp"
#include "async/virtual_execution.hpp"
#include "processor/runtime_core.hpp"

#include <corka/app.hpp>
#include <corka/emitter.hpp>
#include <corka/error.hpp>

#include <boost/asio/cancellation_state.hpp>
#include <boost/asio/this_coro.hpp>

#include <doctest/doctest.h>

#include <chrono>
#include <memory>
#include <string>
#include <vector>

namespace corka::app_parts {
namespace {

using namespace std::chrono_literals;

struct fixture {
  std::vector<std::string> lines;
  std::shared_ptr<async::virtual_execution> time = std::make_shared<async::virtual_execution>();
  runtime on{parts()};
  logger log{std::make_shared<const log_sink>(
                 [this](log_level, std::string_view, std::string_view m) { lines.emplace_back(m); }),
             log_level::info, "test"};

  std::shared_ptr<runtime_core> parts() {
    auto made = std::make_shared<runtime_core>();
    made->threads = time;
    return made;
  }
};

task<> until(async::virtual_execution& on, clock::duration d, int& ended) {
  co_await async::sleep_for(on.time(), d);
  ++ended;
}

task<> fail_after(async::virtual_execution& on, clock::duration d) {
  co_await async::sleep_for(on.time(), d);
  throw error{errc::topic_unknown, "topic 'x' does not exist: create it"};
}

task<> deaf_until(async::virtual_execution& on, clock::duration d, int& ended) {
  co_await boost::asio::this_coro::reset_cancellation_state(boost::asio::disable_cancellation());
  co_await async::sleep_for(on.time(), d);
  ++ended;
}

task<> stop_after(async::virtual_execution& on, clock::duration d, service_set*& all) {
  co_await async::sleep_for(on.time(), d);
  all->stop();
}

TEST_CASE("services: all run at the same time, to the last one's end") {
  fixture f;
  int ended = 0;
  job a{[&](runtime&) { return until(*f.time, 3s, ended); }};
  job b{[&](runtime&) { return until(*f.time, 5s, ended); }};
  service_set all{{&a, &b}};
  const auto began = f.time->time().now();
  CHECK(f.time->run(all.run(f.on, f.log)) == 0);
  CHECK(ended == 2);
  CHECK(f.time->time().now() - began == 5s);
}

TEST_CASE("services: where one fails the others are stopped, and the log says which and why") {
  fixture f;
  int ended = 0;
  job a{[&](runtime&) { return fail_after(*f.time, 1s); }};
  job b{[&](runtime&) { return until(*f.time, 5s, ended); }};
  service_set all{{&a, &b}};
  const auto began = f.time->time().now();
  CHECK(f.time->run(all.run(f.on, f.log)) == 1);
  CHECK(ended == 0);
  CHECK(f.time->time().now() - began == 1s);
  REQUIRE(f.lines.size() == 1);
  CHECK(f.lines[0] == "job failed: topic 'x' does not exist: create it");
}

TEST_CASE("services: who was told to end and does not is named, and no other") {
  fixture f;
  int ended = 0;
  service_set* told = nullptr;
  job a{[&](runtime&) { return deaf_until(*f.time, 41s, ended); }};
  job b{[&](runtime&) { return until(*f.time, 1h, ended); }};
  job c{[&](runtime&) { return stop_after(*f.time, 1s, told); }};
  service_set all{{&a, &b, &c}};
  told = &all;
  CHECK(f.time->run(all.run(f.on, f.log)) == 0);
  CHECK(ended == 1);
  // At 16 s and at 31 s.
  REQUIRE(f.lines.size() == 2);
  CHECK(f.lines[0] == f.lines[1]);
  CHECK(f.lines[0].starts_with("still waiting for job: "));
}

TEST_CASE("services: stop before run lets none begin") {
  fixture f;
  int ended = 0;
  job a{[&](runtime&) { return until(*f.time, 3s, ended); }};
  service_set all{{&a}};
  all.stop();
  CHECK(f.time->run(all.run(f.on, f.log)) == 0);
  CHECK(ended == 0);
}

TEST_CASE("services: are named by what they are") {
  group<std::int64_t> counting{"counters"};
  counting.input(stream<std::string>{"words"}, [](context<std::int64_t>&, const std::string&) {});
  const processor p{counting};
  const emitter<std::string> e{stream<std::string>{"words"}};
  CHECK(describe(p) == "processor 'counters'");
  CHECK(describe(e) == "emitter 'words'");
  CHECK(describe(job{[](runtime&) -> task<> { co_return; }}) == "job");
}

}  // namespace
}  // namespace corka::app_parts
