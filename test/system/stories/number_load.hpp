// Numbers for the keys of a topic, for as long as a test runs, and their sums.
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <map>
#include <string>
#include <thread>

namespace corka::test {

/// Writes one number every `period`, to "key-0", "key-1", … in turn, each to its key's partition. Life: the constructor
/// starts it, `stop` returns once all is acknowledged; a failure ends the test's process.
class number_load {
 public:
  number_load(std::string brokers, std::string topic, std::int32_t partitions, int keys,
              std::chrono::microseconds period);
  number_load(const number_load&) = delete;
  number_load& operator=(const number_load&) = delete;
  ~number_load();

  void stop();
  /// Of each key; after `stop`.
  [[nodiscard]] const std::map<std::string, std::int64_t>& sums() const noexcept { return sums_; }

 private:
  void run(const std::string& brokers, const std::string& topic, std::int32_t partitions, int keys,
           std::chrono::microseconds period);

  std::map<std::string, std::int64_t> sums_;  // the thread's until `stop`
  std::atomic<bool> stopping_{false};
  std::thread thread_;
};

}  // namespace corka::test
