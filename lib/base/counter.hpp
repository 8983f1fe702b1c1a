// Counts what one thread does, for others to read.
#pragma once

#include <atomic>
#include <cstdint>

namespace corka {

/// Threads: one adds, any number read. Costs the adder no locked instruction.
class counter {
 public:
  void add(std::uint64_t n = 1) noexcept {
    value_.store(value_.load(std::memory_order_relaxed) + n, std::memory_order_relaxed);
  }
  [[nodiscard]] std::uint64_t value() const noexcept { return value_.load(std::memory_order_relaxed); }

 private:
  std::atomic<std::uint64_t> value_{0};
};

}  // namespace corka
