// An emitter on real threads and the embedded broker.
#include "async/thread_execution.hpp"
#include "kafka/embedded/broker.hpp"
#include "processor/runtime_core.hpp"

#include <corka/corka.hpp>

#include <doctest/doctest.h>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <cstdint>
#include <exception>
#include <latch>
#include <memory>
#include <string>
#include <thread>
#include <vector>

namespace corka {
namespace {

const stream<std::int64_t> numbers{"numbers"};
constexpr int threads = 4;
constexpr std::int64_t each = 5'000;

struct fixture {
  std::shared_ptr<async::thread_execution> workers = std::make_shared<async::thread_execution>(2);
  runtime on{parts()};

  std::shared_ptr<runtime_core> parts() {
    auto made = std::make_shared<runtime_core>();
    made->threads = workers;
    made->cluster = kafka::embedded::make_cluster(kafka::embedded::broker::open(*workers, {}));
    made->embedded = true;
    return made;
  }
};

emitter_options made_topic() {
  emitter_options options;
  options.create_with_partitions = 3;
  return options;
}

/// Emits from threads that are no workers, asks for every tenth ack on worker 1, and stops.
task<> feed(emitter<std::int64_t>& out, std::vector<std::vector<std::int64_t>>& acked) {
  std::vector<std::vector<detail::emitted>> sent(threads);
  {
    std::latch together{threads};
    std::vector<std::jthread> emitting;
    for (int t = 0; t < threads; ++t) {
      emitting.emplace_back([&, t] {
        together.arrive_and_wait();
        for (std::int64_t i = 0; i < each; ++i) {
          auto one = out.emit("thread" + std::to_string(t), i);
          if (i % 10 == 0) sent[static_cast<std::size_t>(t)].push_back(std::move(one));
        }
      });
    }
  }
  for (int t = 0; t < threads; ++t) {
    for (const auto& one : sent[static_cast<std::size_t>(t)]) {
      const auto where = co_await one.acked();
      acked[static_cast<std::size_t>(t)].push_back(where.offset.value);
    }
  }
  co_await out.flush();
  out.stop();
}

task<> ranges(emitter<std::int64_t>& out, std::vector<offset_range>& into) {
  into = co_await out.written();
  out.stop();
}

task<> both(runtime& on, service& out, task<> beside) {
  co_await boost::asio::post(on.worker(0), boost::asio::use_awaitable);
  auto done = boost::asio::co_spawn(on.worker(1), std::move(beside), boost::asio::use_awaitable);
  auto running = out.run(on);
  bool ended = false;
  boost::asio::co_spawn(on.worker(0), std::move(running), [&ended](const std::exception_ptr&) { ended = true; });
  co_await std::move(done);
  while (!ended) co_await boost::asio::post(on.worker(0), boost::asio::use_awaitable);
}

TEST_CASE("emitter: threads emit at the same time, none is lost, and each one's records keep their order") {
  fixture f;
  emitter<std::int64_t> out{numbers, made_topic()};
  std::vector<std::vector<std::int64_t>> acked(threads);
  const auto ready_then_feed = [](emitter<std::int64_t>& o, std::vector<std::vector<std::int64_t>>& a) -> task<> {
    co_await o.ready();
    co_await feed(o, a);
  };
  f.on.run(both(f.on, out, ready_then_feed(out, acked)));
  for (const auto& offsets : acked) {
    REQUIRE(offsets.size() == each / 10);
    for (std::size_t i = 1; i < offsets.size(); ++i) REQUIRE(offsets[i] >= offsets[i - 1] + 10);
  }
  std::vector<offset_range> held;
  f.on.run(both(f.on, out, ranges(out, held)));
  std::int64_t records = 0;
  for (const auto& range : held) records += range.high - range.low;
  CHECK(records == threads * each);
}

}  // namespace
}  // namespace corka
