#include "async/timer.hpp"
#include "async/virtual_execution.hpp"
#include "processor/runtime_core.hpp"

#include <corka/app.hpp>
#include <corka/error.hpp>

#include <doctest/doctest.h>

#include <chrono>
#include <memory>
#include <optional>
#include <string>

namespace corka {
namespace {

using namespace std::chrono_literals;

struct fixture {
  std::shared_ptr<async::virtual_execution> time = std::make_shared<async::virtual_execution>();
  runtime on{parts()};

  std::shared_ptr<runtime_core> parts() {
    auto made = std::make_shared<runtime_core>();
    made->threads = time;
    return made;
  }
};

task<> sleep(async::virtual_execution& on, clock::duration d, int& slept) {
  co_await async::sleep_for(on.time(), d);
  ++slept;
}

TEST_CASE("job: run returns when the body has ended, and can be run again") {
  fixture f;
  int slept = 0;
  job j{[&](runtime&) { return sleep(*f.time, 5s, slept); }};
  f.time->run(j.run(f.on));
  CHECK(slept == 1);
  f.time->run(j.run(f.on));
  CHECK(slept == 2);
}

TEST_CASE("job: stop cancels the body, and that is no failure") {
  fixture f;
  int slept = 0;
  job j{[&](runtime&) { return sleep(*f.time, 5s, slept); }};
  bool ended = false;
  const auto run = [](job& it, runtime& on, bool& done) -> task<> {
    co_await it.run(on);
    done = true;
  };
  f.time->start(run(j, f.on, ended));
  f.time->advance(1s);
  CHECK_FALSE(ended);
  j.stop();
  j.stop();
  f.time->settle();
  CHECK(ended);
  CHECK(slept == 0);

  f.time->run(j.run(f.on));  // the second stop is not left over
  CHECK(slept == 1);
}

TEST_CASE("job: a stop before run makes the next run return at once") {
  fixture f;
  int slept = 0;
  job j{[&](runtime&) { return sleep(*f.time, 5s, slept); }};
  j.stop();
  f.time->run(j.run(f.on));
  CHECK(slept == 0);
  f.time->run(j.run(f.on));
  CHECK(slept == 1);
}

task<> fail_with(errc why) {
  throw error{why, "the body's own failure"};
  co_return;
}

TEST_CASE("job: what the body throws comes out of run; errc::stopped too, where nobody said stop") {
  fixture f;
  job broken{[](runtime&) { return fail_with(errc::callback_failed); }};
  CHECK_THROWS_WITH_AS(f.time->run(broken.run(f.on)), "the body's own failure", error);
  job orphaned{[](runtime&) { return fail_with(errc::stopped); }};
  CHECK_THROWS_AS(f.time->run(orphaned.run(f.on)), error);
}

TEST_CASE("job: running it twice at the same time is refused") {
  fixture f;
  int slept = 0;
  job j{[&](runtime&) { return sleep(*f.time, 5s, slept); }};
  f.time->start(j.run(f.on));
  f.time->settle();
  CHECK_THROWS_AS(f.time->run(j.run(f.on), 1s), error);
  f.time->advance(5s);
  CHECK(slept == 1);
}

}  // namespace
}  // namespace corka
