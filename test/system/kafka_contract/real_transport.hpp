// A real Kafka under the transport contract's cases.
#pragma once

#include "contract/kafka/transport_fixture.hpp"

#include "async/signal.hpp"
#include "async/timer.hpp"
#include "kafka/rdkafka/make_cluster.hpp"
#include "support/one_loop.hpp"

#include <unistd.h>

#include <cstdlib>
#include <map>
#include <memory>
#include <stdexcept>
#include <string>
#include <utility>

namespace corka::test {

/// librdkafka's words on standard error, where $CORKA_TEST_LOG is set.
inline logger log_of_test() {
  if (std::getenv("CORKA_TEST_LOG") == nullptr) return {};
  return logger{std::make_shared<const log_sink>(stderr_sink()), log_level::debug, "kafka"};
}

class real_transport final : public transport_fixture {
 public:
  explicit real_transport(const std::string& brokers, std::map<std::string, std::string> properties = {})
      : cluster_{kafka::rdkafka::make_cluster({brokers, std::move(properties), log_of_test()}, threads_)} {}

  kafka::cluster& cluster() override { return *cluster_; }
  executor control() override { return threads_.worker(0); }
  clock& time() override { return threads_.time(); }
  void run(task<> t) override { threads_.run(std::move(t)); }
  void start(task<> t) override { threads_.start(std::move(t)); }
  bool eventually(std::function<bool()> is_so, std::chrono::milliseconds patience) override {
    return threads_.eventually(is_so, patience);
  }
  /// Waits until the broker's cleaner has been there.
  bool compact(const topic_name& topic) override {
    const auto until = time().now() + std::chrono::seconds{60};
    while (time().now() < until) {
      bool holes = false;
      run(look_for_holes({topic, partition_id{0}}, &holes));
      if (holes) return true;
    }
    throw std::runtime_error{"the broker did not compact " + topic.str()};
  }
  void kill(std::unique_ptr<kafka::member> m) override { m.reset(); }
  std::chrono::milliseconds shortest_session() const override { return std::chrono::seconds{3}; }
  std::string unique(const std::string& stem) override {
    static int names = 0;
    return stem + "-" + std::to_string(::getpid()) + "-" + std::to_string(++names);
  }

 private:
  task<> look_for_holes(topic_partition where, bool* found) {
    const auto reader = cluster_->reader("compaction-watch", control());
    async::signal arrived{control()};
    const auto source = reader->open(where, offset{0}, arrived.remote());
    kafka::record_batch batch;
    std::int64_t records = 0;
    while (records == 0 || batch.position < source->known_range().high) {
      if (source->poll({}, batch)) {
        records += static_cast<std::int64_t>(batch.records.size());
      } else {
        co_await arrived.wait();
      }
    }
    *found = records < batch.position.value;
    co_await async::sleep_for(time(), std::chrono::milliseconds{200});
  }

  one_loop threads_;
  std::shared_ptr<kafka::cluster> cluster_;
};

}  // namespace corka::test
