// Sequences of numbers for the members of chaos_test, and what became of them.
#pragma once

#include "support/kafka_client.hpp"

#include <atomic>
#include <chrono>
#include <cstdint>
#include <map>
#include <string>
#include <thread>
#include <vector>

namespace corka::test {

/// Writes 1, 2, 3, … for each key to the topic "numbers", at a steady rate while `load` lives.
class sequences {
 public:
  sequences(std::string brokers, std::int32_t partitions, int keys);

  class load {
   public:
    load(sequences& of, std::chrono::microseconds period);
    load(const load&) = delete;
    load& operator=(const load&) = delete;
    /// Returns once all is acknowledged.
    ~load();

   private:
    std::atomic<bool> stopping_{false};
    std::thread thread_;
  };
  /// `rounds` more of each key, at once.
  void write(int rounds);

  [[nodiscard]] std::int64_t written() const;

  /// What the group made of it.
  struct result {
    std::map<std::string, std::int64_t> seen;     ///< how often each key was counted
    std::map<std::string, std::int64_t> emitted;  ///< and went to the output
    std::string losses;                           ///< what is missing, in words; nothing if all is well
  };
  [[nodiscard]] result followed(kafka_client& client) const;

 private:
  void next(kafka_client& to, int key);

  std::string brokers_;
  std::int32_t partitions_;
  std::vector<std::int64_t> last_;  // of each key
};

}  // namespace corka::test
