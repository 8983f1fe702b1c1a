// A real Kafka for a test.
#pragma once

#include "support/temporary_folder.hpp"

#include <string>
#include <vector>

namespace corka::test {

/// Started by the constructor through test/support/kafka_server, gone with the destructor or the test's process.
///
/// Where Java or Maven is missing the whole test executable ends as skipped (exit code 77), loudly; with $CI set it
/// fails. Threads: one. Errors: std::runtime_error with what kafka_server said.
class kafka_broker {
 public:
  /// `settings`: "group.consumer.heartbeat.interval.ms=500", ...
  explicit kafka_broker(std::vector<std::string> settings = {});
  kafka_broker(const kafka_broker&) = delete;
  kafka_broker& operator=(const kafka_broker&) = delete;
  ~kafka_broker();

  /// "127.0.0.1:PORT"; stays the same over restarts.
  [[nodiscard]] const std::string& address() const noexcept { return address_; }

  /// SIGKILL.
  void kill();
  /// After `kill`: the same broker with the same data.
  void restart();
  /// SIGSTOP and SIGCONT: a broker that hangs.
  void suspend();
  void resume();

 private:
  std::string order(const std::string& what, const std::vector<std::string>& more = {});

  temporary_folder folder_;
  std::string address_;
};

}  // namespace corka::test
