#include "base/histogram.hpp"

#include <algorithm>
#include <bit>
#include <cmath>

namespace corka {

using scale = detail::histogram_scale;

namespace {

/// First bucket of the first stretch of `used`, which is not 0.
std::size_t first_of(std::uint64_t used) noexcept {
  return static_cast<std::size_t>(std::countr_zero(used)) * scale::stretch;
}

}  // namespace

std::uint64_t histogram_snapshot::quantile(double q) const noexcept {
  const auto wanted = static_cast<std::uint64_t>(std::ceil(std::clamp(q, 0.0, 1.0) * static_cast<double>(count_)));
  const auto rank = std::max<std::uint64_t>(wanted, 1);
  std::uint64_t seen = 0;
  for (auto left = used_; left != 0; left &= left - 1) {
    const auto first = first_of(left);
    for (auto i = first; i < first + scale::stretch; ++i) {
      seen += buckets_[i];
      // The last bucket has no top.
      if (seen >= rank) return i + 1 == scale::buckets ? max_ : std::min(scale::top_of(i), max_);
    }
  }
  return max_;
}

std::uint64_t histogram_snapshot::count_up_to(std::uint64_t bound) const noexcept {
  if (bound >= max_) return count_;
  std::uint64_t seen = 0;
  for (std::size_t i = 0, last = scale::bucket_of(bound); i <= last; ++i) seen += buckets_[i];
  return seen;
}

void histogram_snapshot::spread(std::span<const std::uint64_t> bounds, std::span<std::uint64_t> into) const noexcept {
  std::size_t bucket = 0;
  std::uint64_t left = count_;
  for (std::size_t i = 0; i < bounds.size(); ++i) {
    into[i] = 0;
    if (left == 0) continue;
    for (const auto last = scale::bucket_of(bounds[i]); bucket <= last; ++bucket) into[i] += buckets_[bucket];
    left -= into[i];
  }
  into.back() = left;
}

void histogram_snapshot::merge(const histogram_snapshot& other) noexcept {
  for (auto left = other.used_; left != 0; left &= left - 1) {
    const auto first = first_of(left);
    for (auto i = first; i < first + scale::stretch; ++i) buckets_[i] += other.buckets_[i];
  }
  used_ |= other.used_;
  count_ += other.count_;
  sum_ += other.sum_;
  max_ = std::max(max_, other.max_);
}

histogram_snapshot histogram::snapshot() const noexcept {
  histogram_snapshot s;
  s.used_ = used_.load(std::memory_order_relaxed);
  for (auto left = s.used_; left != 0; left &= left - 1) {
    const auto first = first_of(left);
    for (auto i = first; i < first + scale::stretch; ++i) {
      s.buckets_[i] = buckets_[i].load(std::memory_order_relaxed);
      s.count_ += s.buckets_[i];
    }
  }
  s.sum_ = sum_.load(std::memory_order_relaxed);
  s.max_ = max_.load(std::memory_order_relaxed);
  // A value that is being recorded may be in its bucket before it is in the maximum: read by another thread, both are
  // only roughly of one moment.
  return s;
}

}  // namespace corka
