// More is sent, from more threads, than there is room for.
#include "async/thread_execution.hpp"
#include "async/timer.hpp"
#include "kafka/rdkafka/make_cluster.hpp"
#include "system/kafka_outage/outage_broker.hpp"

#include <doctest/doctest.h>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/use_future.hpp>

#include <unistd.h>

#include <atomic>
#include <chrono>
#include <cstdint>
#include <future>
#include <memory>
#include <set>
#include <string>
#include <thread>
#include <utility>
#include <vector>

using namespace corka;
using namespace corka::test;
using namespace std::chrono_literals;

namespace {

constexpr int senders = 3;
constexpr int each = 20'000;

/// Reports of one sender. Called on the producer's strand.
struct tally final : kafka::delivery_sink {
  void delivered(std::span<const kafka::delivery_report> reports) noexcept override {
    for (const auto& r : reports) {
      if (r.failed) ++failed;
      if (!tags.insert(r.tag).second) ++repeated;
    }
    count += static_cast<int>(reports.size());
  }
  std::set<std::uint64_t> tags;
  int failed = 0;
  int repeated = 0;
  std::atomic<int> count{0};
};

task<std::shared_ptr<kafka::output_topic>> prepare(std::shared_ptr<kafka::admin> admin,
                                                   std::shared_ptr<kafka::producer> producer, topic_name name) {
  kafka::new_topic wanted;
  wanted.topic = name;
  wanted.partitions = senders;
  std::vector<kafka::new_topic> all{wanted};
  co_await admin->create(std::move(all));
  co_return co_await producer->topic(std::move(name));
}

/// Sender `s` writes to partition `s`, without a look at congested().
void crowd(kafka::producer& producer, const kafka::output_topic& to, kafka::sink_id sink, int s) {
  for (int i = 0; i < each; ++i) {
    const auto key = std::to_string(i);
    kafka::outgoing what;
    what.partition = partition_id{s};
    what.key = key;
    what.value = "v";
    producer.send(to, what, sink, static_cast<std::uint64_t>(i));
  }
}

task<std::vector<std::string>> keys_of(kafka::record_reader* reader, executor ex, topic_partition where) {
  async::signal arrived{ex};
  const auto source = reader->open(where, offset{0}, arrived.remote());
  std::vector<std::string> keys;
  kafka::record_batch batch;
  while (keys.size() < each) {
    if (source->poll({}, batch)) {
      for (const auto& r : batch.records) keys.emplace_back(r.key);
    } else {
      co_await arrived.wait();
    }
  }
  co_return keys;
}

/// Destroys on the strand, as the ports ask for.
template <class T>
task<> drop(T thing) {
  thing.reset();
  co_return;
}

}  // namespace

TEST_CASE("crowded: several threads that send far more than fits lose nothing, and each one's records stay in order") {
  async::thread_execution threads{2};
  const auto control = threads.worker(0);
  const auto on_control = [&](auto t) {
    return boost::asio::co_spawn(control, std::move(t), boost::asio::use_future).get();
  };
  const auto cluster = kafka::rdkafka::make_cluster({outage_broker().address(), {}, {}}, threads);
  auto admin = cluster->make_admin(control);
  kafka::producer_options options;
  options.buffer_records = 500;
  auto producer = cluster->make_producer(options, control);
  const topic_name name{"crowded-" + std::to_string(::getpid())};
  auto to = on_control(prepare(admin, producer, name));

  std::vector<std::shared_ptr<tally>> tallies;
  std::vector<std::thread> crowds;
  for (int s = 0; s < senders; ++s) {
    tallies.push_back(std::make_shared<tally>());
    const auto sink = producer->attach(tallies.back());
    crowds.emplace_back([&, sink, s] { crowd(*producer, *to, sink, s); });
  }
  for (auto& c : crowds) c.join();
  CHECK(producer->congested());
  on_control(producer->close(threads.time().now() + 120s));
  CHECK_FALSE(producer->congested());
  for (const auto& t : tallies) {
    CHECK(t->count == each);
    CHECK(t->failed == 0);
    CHECK(t->repeated == 0);
  }

  auto reader = cluster->reader("crowded", control);
  for (int s = 0; s < senders; ++s) {
    const auto keys = on_control(keys_of(reader.get(), control, {name, partition_id{s}}));
    int wrong = 0;
    for (int i = 0; i < each; ++i) wrong += keys[static_cast<std::size_t>(i)] == std::to_string(i) ? 0 : 1;
    CHECK(wrong == 0);
  }
  to.reset();
  on_control(drop(std::move(reader)));
  on_control(drop(std::move(producer)));
  on_control(drop(std::move(admin)));
}
