#include "base/histogram.hpp"

#include "base/counter.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <cstdint>
#include <random>
#include <thread>
#include <vector>

using namespace corka;
using scale = detail::histogram_scale;

TEST_CASE("histogram: nothing recorded is zeros") {
  const auto s = histogram{}.snapshot();
  CHECK(s.count() == 0);
  CHECK(s.quantile(0.5) == 0);
  CHECK(s.max() == 0);
  CHECK(s.sum() == 0);
}

TEST_CASE("histogram: buckets follow one another without gap, each at most 1/64 wide") {
  std::uint64_t from = 0;
  for (std::size_t i = 0; i < scale::buckets; ++i) {
    const auto to = scale::top_of(i);
    REQUIRE(to >= from);
    REQUIRE(scale::bucket_of(from) == i);
    REQUIRE(scale::bucket_of(to) == i);
    REQUIRE((to - from) * 64 <= from);
    from = to + 1;
  }
  CHECK(from == std::uint64_t{1} << scale::top_bits);
  CHECK(scale::bucket_of(from) == scale::buckets - 1);
  CHECK(scale::bucket_of(~std::uint64_t{0}) == scale::buckets - 1);
}

TEST_CASE("histogram: quantiles are those of the sorted values, at most 1/64 too high") {
  std::mt19937_64 random{42};
  std::lognormal_distribution<double> latency{10, 2};
  histogram h;
  std::vector<std::uint64_t> values;
  std::uint64_t sum = 0;
  for (int i = 0; i < 20'000; ++i) {
    values.push_back(static_cast<std::uint64_t>(latency(random)));
    sum += values.back();
    h.record(values.back());
  }
  std::sort(values.begin(), values.end());
  const auto s = h.snapshot();
  CHECK(s.count() == values.size());
  CHECK(s.sum() == sum);
  CHECK(s.max() == values.back());
  CHECK(s.quantile(1.0) == values.back());
  for (const double q : {0.5, 0.95, 0.99, 0.999}) {
    const auto exact = values[static_cast<std::size_t>(q * static_cast<double>(values.size())) - 1];
    CAPTURE(q);
    CHECK(s.quantile(q) >= exact);
    CHECK(s.quantile(q) <= exact + exact / 64 + 1);
  }
}

TEST_CASE("histogram: small values are exact") {
  histogram h;
  for (std::uint64_t v = 1; v <= 100; ++v) h.record(v);
  const auto s = h.snapshot();
  CHECK(s.quantile(0.50) == 50);
  CHECK(s.quantile(0.95) == 95);
  CHECK(s.quantile(0.0) == 1);
  CHECK(s.count_up_to(30) == 30);
  CHECK(s.count_up_to(0) == 0);
  CHECK(s.count_up_to(1'000'000) == 100);
}

TEST_CASE("histogram: values above the scale count, and the maximum is exact") {
  histogram h;
  const auto huge = ~std::uint64_t{0} / 2;
  h.record(5);
  h.record(huge);
  const auto s = h.snapshot();
  CHECK(s.count() == 2);
  CHECK(s.max() == huge);
  CHECK(s.quantile(0.5) == 5);
  CHECK(s.quantile(0.99) == huge);
}

TEST_CASE("histogram: merging is recording everything into one") {
  histogram a;
  histogram b;
  histogram both;
  for (std::uint64_t v = 0; v < 5'000; v += 7) {
    (v % 2 == 0 ? a : b).record(v * v);
    both.record(v * v);
  }
  auto merged = a.snapshot();
  merged.merge(b.snapshot());
  const auto whole = both.snapshot();
  CHECK(merged.count() == whole.count());
  CHECK(merged.sum() == whole.sum());
  CHECK(merged.max() == whole.max());
  for (const double q : {0.1, 0.5, 0.9, 0.99}) CHECK(merged.quantile(q) == whole.quantile(q));
}

TEST_CASE("histogram, counter: another thread may look while one records") {
  histogram h;
  counter c;
  constexpr std::uint64_t most = 200'000;
  std::thread writer{[&] {
    for (std::uint64_t i = 1; i <= most; ++i) {
      h.record(i);
      c.add(2);
    }
  }};
  std::uint64_t last = 0;
  while (last < most) {
    const auto count = h.snapshot().count();
    CHECK(count >= last);
    last = count;
  }
  writer.join();
  CHECK(h.snapshot().max() == most);
  CHECK(c.value() == 2 * most);
}
