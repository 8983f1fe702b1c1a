// Numbers that look random and follow from a seed.
#pragma once

#include <chrono>
#include <cstdint>

namespace corka {

/// The same numbers from the same seed, with every compiler and standard library (SplitMix64). Threads: one.
class dice {
 public:
  explicit dice(std::uint64_t seed) : state_{seed} {}

  std::uint64_t roll() noexcept {
    state_ += 0x9e3779b97f4a7c15U;
    auto z = state_;
    z = (z ^ (z >> 30U)) * 0xbf58476d1ce4e5b9U;
    z = (z ^ (z >> 27U)) * 0x94d049bb133111ebU;
    return z ^ (z >> 31U);
  }
  /// 0 to n - 1; n is at least 1.
  std::uint64_t below(std::uint64_t n) noexcept { return roll() % n; }
  bool one_in(std::uint64_t n) noexcept { return below(n) == 0; }
  std::int64_t between(std::int64_t least, std::int64_t most) noexcept {
    return least + static_cast<std::int64_t>(below(static_cast<std::uint64_t>(most - least) + 1));
  }
  template <class Rep, class Period>
  std::chrono::duration<Rep, Period> up_to(std::chrono::duration<Rep, Period> most) noexcept {
    return std::chrono::duration<Rep, Period>{between(0, most.count())};
  }
  /// Dice of their own for a part, so that what one part rolls changes nothing for the others.
  [[nodiscard]] dice split(std::uint64_t part) const noexcept {
    dice d{state_ ^ (part * 0xd1342543de82ef95U + 0x2545f4914f6cdd1dU)};
    d.roll();
    return d;
  }

 private:
  std::uint64_t state_;
};

}  // namespace corka
