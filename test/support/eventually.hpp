// Waiting for what other processes do. System tests only: everything else runs on virtual time.
#pragma once

#include <chrono>
#include <thread>

namespace corka::test {

/// Asks again and again until the answer is true; false if it is not within `patience`.
template <class Predicate>
[[nodiscard]] bool eventually(std::chrono::milliseconds patience, Predicate is_so) {
  const auto deadline = std::chrono::steady_clock::now() + patience;
  while (!is_so()) {
    if (std::chrono::steady_clock::now() >= deadline) return false;
    std::this_thread::sleep_for(std::chrono::milliseconds{20});
  }
  return true;
}

}  // namespace corka::test
