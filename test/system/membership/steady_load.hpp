// Records at a steady rate, for as long as a test runs.
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <string>
#include <thread>
#include <vector>

namespace corka::test {

/// Writes one record to each partition of each topic every `period`, the key "k<partition>". Life: the constructor
/// starts it, `stop` returns once all is acknowledged; a failure ends the test's process.
class steady_load {
 public:
  steady_load(std::string brokers, std::vector<std::string> topics, std::int32_t partitions,
              std::chrono::milliseconds period);
  steady_load(const steady_load&) = delete;
  steady_load& operator=(const steady_load&) = delete;
  ~steady_load();

  void stop();

 private:
  void run(const std::string& brokers, const std::vector<std::string>& topics, std::int32_t partitions,
           std::chrono::milliseconds period);

  std::atomic<bool> stopping_{false};
  std::thread thread_;
};

}  // namespace corka::test
