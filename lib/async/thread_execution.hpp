// The threads of a real program.
#pragma once

#include "async/execution.hpp"

#include <cstddef>
#include <functional>
#include <memory>

namespace corka::async {

/// Worker threads with a loop each, the operating system's time, and a few threads for calls that block.
///
/// Life: the constructor starts the threads, the destructor stops and joins them, then destroys what is still
/// suspended. Everything that waits on these workers is destroyed before or, without being resumed, with it. Threads:
/// all members safe; destroyed by none of its own threads.
class thread_execution final : public execution {
 public:
  /// At least one of each.
  explicit thread_execution(std::size_t workers, std::size_t blocking_threads = 4);
  thread_execution(const thread_execution&) = delete;
  thread_execution& operator=(const thread_execution&) = delete;
  ~thread_execution() override;

  [[nodiscard]] std::size_t workers() const noexcept override;
  [[nodiscard]] executor worker(std::size_t i) const override;
  [[nodiscard]] clock& time() const noexcept override;
  void run_blocking(std::function<void()> call, executor ex, std::function<void()> done) override;

  /// Lets the workers end after what they are at now. Never waits; nothing runs on them afterwards. Idempotent.
  void stop() noexcept;

 private:
  struct impl;
  std::unique_ptr<impl> impl_;
};

}  // namespace corka::async
