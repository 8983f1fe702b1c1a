// apps/flights in a process of its own, on a broker and with local copies that stay from run to run.
#pragma once

#include "support/child_process.hpp"
#include "support/kafka_client.hpp"
#include "support/temporary_folder.hpp"

#include <nlohmann/json.hpp>

#include <cstdint>
#include <map>
#include <memory>
#include <random>
#include <string>
#include <vector>

namespace corka::test {

/// Starts, ends and questions the example. Threads: one.
class flights_program {
 public:
  explicit flights_program(const std::string& brokers);

  /// `rate` as flights emitted per second; `more`: further flags.
  void start(int rate, const std::vector<std::string>& more = {});
  [[nodiscard]] child_process& process() { return *process_; }

  /// Every flight is emitted and counted by both groups, and all of that is committed.
  [[nodiscard]] bool finished();
  /// Records in the topic.
  [[nodiscard]] std::int64_t records(const std::string& topic);
  /// Table from its changelog.
  [[nodiscard]] std::map<std::string, nlohmann::json> table(const std::string& group);
  /// Row as the HTTP server answers it; null where it has none.
  [[nodiscard]] nlohmann::json row(const std::string& group, const std::string& key) const;

  /// Deletes or cuts short some of the files of the local copies, as `random` has it; what it did.
  std::string damage_copies(std::mt19937& random);
  [[nodiscard]] std::string last_words() const { return process_ ? process_->last_words() : std::string{}; }

 private:
  std::string brokers_;
  std::string http_;
  temporary_folder folder_;
  kafka_client client_;
  std::unique_ptr<child_process> process_;
};

}  // namespace corka::test
