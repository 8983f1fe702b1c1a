// Memory that the recoveries of one process share.
#pragma once

#include <algorithm>
#include <atomic>
#include <cstddef>

namespace corka::tables {

/// Gives each recovery that is under way an equal part of one budget, so that a member that is given a hundred
/// partitions at once needs little more memory than one that is given a single one. All of them read at the same time:
/// a fetch brings the records of many partitions, and taking turns would halve the speed.
///
/// Threads: any. Life: outlives its seats.
class recovery_memory {
 public:
  explicit recovery_memory(std::size_t bytes) : bytes_{bytes} {}
  recovery_memory(const recovery_memory&) = delete;
  recovery_memory& operator=(const recovery_memory&) = delete;

  /// A recovery under way, for as long as it lives.
  class seat {
   public:
    explicit seat(recovery_memory& of) : of_{of} { of_.taken_.fetch_add(1, std::memory_order_relaxed); }
    seat(const seat&) = delete;
    seat& operator=(const seat&) = delete;
    ~seat() { of_.taken_.fetch_sub(1, std::memory_order_relaxed); }

    /// Bytes for this recovery as of now; it shrinks and grows as others come and go.
    [[nodiscard]] std::size_t share() const noexcept {
      return of_.bytes_ / std::max<std::size_t>(of_.taken_.load(std::memory_order_relaxed), 1);
    }

   private:
    recovery_memory& of_;
  };

 private:
  std::size_t bytes_;
  std::atomic<std::size_t> taken_{0};
};

}  // namespace corka::tables
