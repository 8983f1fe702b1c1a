#include "support/kafka_broker.hpp"

#include "support/child_process.hpp"

#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <iterator>
#include <stdexcept>

namespace corka::test {

namespace {

/// The first start fetches Kafka.
constexpr std::chrono::minutes patience{10};
constexpr int skipped = 77;

std::string launcher() {
  const auto* sources = std::getenv("CORKA_SOURCE_DIR");
  return std::string{sources != nullptr ? sources : CORKA_SOURCE_DIR} + "/test/support/kafka_server";
}

}  // namespace

kafka_broker::kafka_broker(std::vector<std::string> settings) {
  std::vector<std::string> arguments{"--owner", std::to_string(::getpid())};
  for (auto& setting : settings) {
    arguments.emplace_back("--set");
    arguments.push_back(std::move(setting));
  }
  const auto answer = order("start", arguments);
  address_ = answer.substr(0, answer.find(' '));
}

kafka_broker::~kafka_broker() {
  try {
    kill();
  } catch (const std::exception& e) { std::fprintf(stderr, "%s\n", e.what()); }
}

void kafka_broker::kill() { order("kill"); }
void kafka_broker::restart() { order("restart", {"--owner", std::to_string(::getpid())}); }
void kafka_broker::suspend() { order("suspend"); }
void kafka_broker::resume() { order("resume"); }

std::string kafka_broker::order(const std::string& what, const std::vector<std::string>& more) {
  std::vector<std::string> command{launcher(), what, (folder_ / "kafka").string()};
  command.insert(command.end(), more.begin(), more.end());
  // One file an order: the answer is all that is in it, but for what kafka_server says about itself.
  const auto said = folder_ / "said";
  std::filesystem::remove(said);
  child_process run{command, said};
  const auto code = run.wait(patience);
  if (code == skipped && std::getenv("CI") == nullptr) {
    std::fprintf(stderr, "%s*** SKIPPED: no real Kafka on this machine ***\n", run.output().c_str());
    std::fflush(nullptr);
    ::_exit(skipped);
  }
  if (code != 0) throw std::runtime_error{"kafka_server " + what + " failed: " + run.output()};
  std::string answer = run.output();
  // The last line: "HOST:PORT PID".
  while (answer.ends_with('\n')) answer.pop_back();
  return answer.substr(answer.rfind('\n') + 1);
}

}  // namespace corka::test
