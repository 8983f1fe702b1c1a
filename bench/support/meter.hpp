// Counts what callbacks do, at next to no cost.
#pragma once

#include <corka/ids.hpp>

#include <sys/resource.h>

#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <vector>

namespace bench {

[[nodiscard]] inline double cpu_of_process() {
  rusage usage{};
  ::getrusage(RUSAGE_SELF, &usage);
  const auto seconds = [](const timeval& t) {
    return static_cast<double>(t.tv_sec) + static_cast<double>(t.tv_usec) * 1e-6;
  };
  return seconds(usage.ru_utime) + seconds(usage.ru_stime);
}

/// From the first record of any partition to `finish`. Threads: one per partition, and one that asks.
class meter {
 public:
  using clock = std::chrono::steady_clock;

  explicit meter(std::int32_t cells) : cells_(static_cast<std::size_t>(cells)) {}

  void count(corka::partition_id partition) {
    auto& n = cells_[static_cast<std::size_t>(partition.value)].n;
    const auto before = n.load(std::memory_order_relaxed);
    if (before == 0) first();
    n.store(before + 1, std::memory_order_relaxed);
  }
  [[nodiscard]] std::uint64_t processed() const {
    std::uint64_t sum = 0;
    for (const auto& cell : cells_) sum += cell.n.load(std::memory_order_relaxed);
    return sum;
  }
  void finish() {
    took_ = clock::now() - started_;
    cpu_ = cpu_of_process() - cpu_;
  }

  [[nodiscard]] double seconds() const { return took_.count(); }
  [[nodiscard]] double cpu_seconds() const { return cpu_; }

 private:
  struct alignas(64) cell {
    std::atomic<std::uint64_t> n{0};
  };
  void first() {
    if (begun_.exchange(true)) return;
    started_ = clock::now();
    cpu_ = cpu_of_process();
  }

  std::vector<cell> cells_;
  std::atomic<bool> begun_{false};
  clock::time_point started_;
  double cpu_ = 0;
  std::chrono::duration<double> took_{};
};

}  // namespace bench
