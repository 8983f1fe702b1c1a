// A program that runs beside a test.
#pragma once

#include <sys/types.h>

#include <chrono>
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace corka::test {

/// Started by the constructor; killed by the destructor, and by the kernel should the test itself die.
///
/// Its output, both streams in one, goes to a file. Threads: one. Errors: std::system_error where it cannot be started.
class child_process {
 public:
  child_process(std::vector<std::string> command, std::filesystem::path output,
                std::map<std::string, std::string> environment = {});
  child_process(const child_process&) = delete;
  child_process& operator=(const child_process&) = delete;
  ~child_process();

  [[nodiscard]] pid_t pid() const noexcept { return pid_; }
  [[nodiscard]] bool running();
  /// Nothing once it has ended.
  void send(int signal);
  /// Exit code, or 128 + the signal that ended it; nothing if it still runs after `patience`.
  [[nodiscard]] std::optional<int> wait(std::chrono::milliseconds patience);
  /// SIGTERM, then `wait`; killed if that was not enough, and the answer is nothing.
  [[nodiscard]] std::optional<int> stop(std::chrono::milliseconds patience);
  /// SIGKILL; returns once it is gone.
  void kill();

  /// What it has printed up to now.
  [[nodiscard]] std::string output() const;
  [[nodiscard]] bool printed(std::string_view text) const;
  /// The end of the output, for failure messages.
  [[nodiscard]] std::string last_words(std::size_t bytes = 4'000) const;

 private:
  std::filesystem::path output_;
  pid_t pid_ = -1;
  int pid_fd_ = -1;
  std::optional<int> ended_;
};

}  // namespace corka::test
