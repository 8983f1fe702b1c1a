#include "system/stories/number_load.hpp"

#include "support/kafka_client.hpp"

#include <corka/partitioner.hpp>

namespace corka::test {

number_load::number_load(std::string brokers, std::string topic, std::int32_t partitions, int keys,
                         std::chrono::microseconds period)
    : thread_{[this, brokers = std::move(brokers), topic = std::move(topic), partitions, keys, period] {
        run(brokers, topic, partitions, keys, period);
      }} {}

number_load::~number_load() { stop(); }

void number_load::stop() {
  stopping_ = true;
  if (thread_.joinable()) thread_.join();
}

void number_load::run(const std::string& brokers, const std::string& topic, std::int32_t partitions, int keys,
                      std::chrono::microseconds period) {
  kafka_client to{brokers};
  auto due = std::chrono::steady_clock::now();
  for (std::int64_t i = 0; !stopping_; ++i) {
    const auto key = "key-" + std::to_string(i % keys);
    const auto number = i % 7 + 1;
    to.produce(topic, partition_of(key, partitions).value, key, std::to_string(number));
    sums_[key] += number;
    due += period;
    std::this_thread::sleep_until(due);
  }
  to.flush();
}

}  // namespace corka::test
