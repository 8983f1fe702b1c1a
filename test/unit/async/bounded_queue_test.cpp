#include "async/bounded_queue.hpp"

#include "async/virtual_execution.hpp"
#include "support/cancellable.hpp"

#include <doctest/doctest.h>

#include <boost/asio/post.hpp>
#include <boost/asio/this_coro.hpp>

#include <memory>
#include <optional>
#include <string>

namespace asio = boost::asio;
using namespace corka;
using async::push_result;
using async::virtual_execution;
using test::cancellable;

namespace {

using queue = async::bounded_queue<std::unique_ptr<std::string>>;

push_result push(queue& q, const char* text, std::size_t bytes) {
  return q.push(std::make_unique<std::string>(text), bytes);
}

task<> drain(queue& q, std::string& log) {
  while (true) {
    const auto value = co_await q.pop();
    if (!value) break;
    log += **value;
  }
  log += '.';
}

task<> pop_one(queue& q) {
  co_await asio::this_coro::reset_cancellation_state(asio::enable_total_cancellation());
  const auto value = co_await q.pop();
}

task<> log_room(queue& q, std::string& log) {
  co_await q.room();
  log += "room";
}

}  // namespace

TEST_CASE("bounded queue: values come out in order, and after close until it is empty") {
  virtual_execution on;
  queue q{on.executor(), 100};
  std::string log;
  on.start(drain(q, log));
  on.settle();
  CHECK(push(q, "a", 1) == push_result::taken);
  on.settle();
  CHECK(log == "a");
  CHECK(push(q, "b", 1) == push_result::taken);
  CHECK(push(q, "c", 1) == push_result::taken);
  q.close();
  CHECK(push(q, "d", 1) == push_result::closed);
  on.settle();
  CHECK(log == "abc.");
}

TEST_CASE("bounded queue: it is limited by bytes, and takes one value of any size") {
  virtual_execution on;
  queue q{on.executor(), 10};
  CHECK(push(q, "large", 1'000) == push_result::taken);
  CHECK(push(q, "small", 1) == push_result::full);
  CHECK(q.try_pop());
  CHECK(push(q, "a", 6) == push_result::taken);
  CHECK(push(q, "b", 4) == push_result::taken);
  CHECK(q.bytes() == 10);
  CHECK(push(q, "c", 1) == push_result::full);
  CHECK(push(q, "empty", 0) == push_result::taken);
  CHECK(q.size() == 3);
}

TEST_CASE("bounded queue: a value that is not taken stays with its owner") {
  virtual_execution on;
  queue q{on.executor(), 1};
  CHECK(push(q, "a", 1) == push_result::taken);
  auto value = std::make_unique<std::string>("b");
  CHECK(q.push(std::move(value), 1) == push_result::full);
  REQUIRE(value);
  q.close();
  CHECK(q.push(std::move(value), 1) == push_result::closed);
  CHECK(value);
}

TEST_CASE("bounded queue: room is announced to who found it full") {
  virtual_execution on;
  queue q{on.executor(), 1};
  std::string log;
  on.run(log_room(q, log));
  CHECK(push(q, "a", 1) == push_result::taken);
  CHECK(push(q, "b", 1) == push_result::full);
  on.start(log_room(q, log));
  on.settle();
  CHECK(log == "room");
  CHECK(q.try_pop());
  on.settle();
  CHECK(log == "roomroom");
}

TEST_CASE("bounded queue: several poppers share the values, close ends them all") {
  virtual_execution on;
  queue q{on.executor(), 100};
  std::string log;
  on.start(drain(q, log));
  on.start(drain(q, log));
  on.settle();
  for (const char* text : {"a", "b", "c"}) CHECK(push(q, text, 1) == push_result::taken);
  on.settle();
  CHECK(log == "abc");
  q.close();
  on.settle();
  CHECK(log == "abc..");
}

TEST_CASE("bounded queue: a cancelled pop takes no value along") {
  virtual_execution on;
  queue q{on.executor(), 100};
  cancellable popping;
  popping.start(on, pop_one(q));
  on.settle();
  asio::post(on.executor(), [&] {
    popping.cancel(asio::cancellation_type::total);
    CHECK(push(q, "a", 1) == push_result::taken);
  });
  on.settle();
  CHECK(popping.aborted());
  CHECK(q.size() == 1);
}
