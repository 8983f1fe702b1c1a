#include "system/membership/steady_load.hpp"

#include "support/kafka_client.hpp"

namespace corka::test {

steady_load::steady_load(std::string brokers, std::vector<std::string> topics, std::int32_t partitions,
                         std::chrono::milliseconds period)
    : thread_{[this, brokers = std::move(brokers), topics = std::move(topics), partitions, period] {
        run(brokers, topics, partitions, period);
      }} {}

steady_load::~steady_load() { stop(); }

void steady_load::stop() {
  stopping_ = true;
  if (thread_.joinable()) thread_.join();
}

void steady_load::run(const std::string& brokers, const std::vector<std::string>& topics, std::int32_t partitions,
                      std::chrono::milliseconds period) {
  kafka_client to{brokers};
  auto due = std::chrono::steady_clock::now();
  while (!stopping_) {
    for (const auto& topic : topics) {
      for (std::int32_t p = 0; p < partitions; ++p) to.produce(topic, p, "k" + std::to_string(p), "1");
    }
    due += period;
    std::this_thread::sleep_until(due);
  }
  to.flush();
}

}  // namespace corka::test
