// How long to wait before trying again.
#pragma once

#include <chrono>
#include <cstdint>
#include <random>

namespace corka::async {

/// Exponential backoff with full jitter of the upper half: the n-th wait is uniform in [d/2, d], d = min(most, first *
/// 2^n).
class backoff {
 public:
  backoff(std::chrono::milliseconds first, std::chrono::milliseconds most, std::uint64_t seed = 0)
      : first_{first}, most_{most}, random_{static_cast<std::minstd_rand::result_type>(seed + 1)} {}

  [[nodiscard]] std::chrono::milliseconds next();
  /// After a success: the next wait is the first again.
  void reset() noexcept { tries_ = 0; }
  [[nodiscard]] std::uint32_t tries() const noexcept { return tries_; }

 private:
  std::chrono::milliseconds first_;
  std::chrono::milliseconds most_;
  std::uint32_t tries_ = 0;
  std::minstd_rand random_;
};

}  // namespace corka::async
