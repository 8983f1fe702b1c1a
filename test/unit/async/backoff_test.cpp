#include "async/backoff.hpp"

#include <doctest/doctest.h>

#include <vector>

using namespace corka;
using namespace std::chrono_literals;

TEST_CASE("backoff: waits double up to the most, each in the upper half of its range") {
  for (std::uint64_t seed = 0; seed < 200; ++seed) {
    CAPTURE(seed);
    async::backoff b{100ms, 1s, seed};
    for (const auto longest : {100ms, 200ms, 400ms, 800ms, 1000ms, 1000ms, 1000ms}) {
      const auto d = b.next();
      CHECK(d >= longest / 2);
      CHECK(d <= longest);
    }
    CHECK(b.tries() == 7);
    b.reset();
    CHECK(b.tries() == 0);
    CHECK(b.next() <= 100ms);
  }
}

TEST_CASE("backoff: seeds differ, one seed repeats itself") {
  const auto waits = [](std::uint64_t seed) {
    async::backoff b{1'000ms, 60'000ms, seed};
    std::vector<std::chrono::milliseconds> all;
    for (int i = 0; i < 5; ++i) all.push_back(b.next());
    return all;
  };
  CHECK(waits(1) == waits(1));
  CHECK(waits(1) != waits(2));
}

TEST_CASE("backoff: it never exceeds the most, however often it is asked") {
  async::backoff b{7ms, std::chrono::hours{24 * 365}, 3};
  for (int i = 0; i < 1'000; ++i) CHECK(b.next() <= std::chrono::hours{24 * 365});
  async::backoff zero{0ms, 0ms};
  CHECK(zero.next() == 0ms);
}
