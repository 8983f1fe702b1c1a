// Distribution of durations or sizes in fixed memory.
#pragma once

#include <array>
#include <atomic>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <span>

namespace corka {

namespace detail {

/// Log-linear buckets: exact below 128, then 64 for each power of two, so that a bucket is at most 1/64 wide; what is
/// above 2^40 (18 minutes in nanoseconds) goes to the last one.
struct histogram_scale {
  static constexpr unsigned sub_bits = 6;
  static constexpr unsigned top_bits = 40;
  static constexpr std::size_t buckets = (std::size_t{top_bits} - sub_bits + 1) << sub_bits;
  /// Neighbours that are looked at together, or not at all: most of a histogram is empty.
  static constexpr std::size_t stretch = std::size_t{1} << sub_bits;
  static constexpr std::size_t stretches = buckets / stretch;
  static_assert(stretches <= 64, "a bit each");

  static constexpr std::size_t bucket_of(std::uint64_t value) noexcept {
    if (value >> top_bits != 0) return buckets - 1;
    const auto width = static_cast<unsigned>(std::bit_width(value));
    const unsigned shift = width > sub_bits + 1 ? width - sub_bits - 1 : 0;
    return (std::size_t{shift} << sub_bits) + static_cast<std::size_t>(value >> shift);
  }
  /// The largest value of a bucket.
  static constexpr std::uint64_t top_of(std::size_t bucket) noexcept {
    const std::size_t shift = bucket < (std::size_t{2} << sub_bits) ? 0 : (bucket >> sub_bits) - 1;
    const std::uint64_t base = bucket - (shift << sub_bits);
    return ((base + 1) << shift) - 1;
  }
};

}  // namespace detail

/// What a histogram held at one moment; histograms of several writers are merged here.
class histogram_snapshot {
 public:
  [[nodiscard]] std::uint64_t count() const noexcept { return count_; }
  [[nodiscard]] std::uint64_t sum() const noexcept { return sum_; }
  /// Exact.
  [[nodiscard]] std::uint64_t max() const noexcept { return max_; }
  /// The value that a share of `q` (0..1) does not exceed, at most 1/64 too high; 0 if nothing was recorded.
  [[nodiscard]] std::uint64_t quantile(double q) const noexcept;
  /// How many values are at most `bound`, to within the bucket that `bound` is in.
  [[nodiscard]] std::uint64_t count_up_to(std::uint64_t bound) const noexcept;
  /// How many values are up to each of the rising `bounds` and above the one before, and behind them how many are above
  /// the last one, to within the buckets that the bounds are in. `into` is one longer than `bounds`.
  void spread(std::span<const std::uint64_t> bounds, std::span<std::uint64_t> into) const noexcept;
  void merge(const histogram_snapshot& other) noexcept;

 private:
  friend class histogram;
  std::array<std::uint64_t, detail::histogram_scale::buckets> buckets_{};
  std::uint64_t used_ = 0;  ///< bit i: something may be in stretch i
  std::uint64_t count_ = 0;
  std::uint64_t sum_ = 0;
  std::uint64_t max_ = 0;
};

/// Threads: one records, any number take snapshots. `record` is a handful of instructions and allocates nothing.
class histogram {
 public:
  void record(std::uint64_t value) noexcept {
    const auto bucket = detail::histogram_scale::bucket_of(value);
    bump(buckets_[bucket], 1);
    const auto stretch = std::uint64_t{1} << (bucket / detail::histogram_scale::stretch);
    const auto used = used_.load(std::memory_order_relaxed);
    if ((used & stretch) == 0) used_.store(used | stretch, std::memory_order_relaxed);
    bump(sum_, value);
    if (value > max_.load(std::memory_order_relaxed)) max_.store(value, std::memory_order_relaxed);
  }
  [[nodiscard]] histogram_snapshot snapshot() const noexcept;

 private:
  using cell = std::atomic<std::uint64_t>;
  static void bump(cell& c, std::uint64_t n) noexcept {
    c.store(c.load(std::memory_order_relaxed) + n, std::memory_order_relaxed);
  }

  std::array<cell, detail::histogram_scale::buckets> buckets_{};
  cell used_{0};  ///< which stretches: snapshots of a thousand partitions are taken each second
  cell sum_{0};
  cell max_{0};
};

}  // namespace corka
