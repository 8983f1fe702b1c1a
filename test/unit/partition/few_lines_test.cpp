#include "partition/few_lines.hpp"

#include <doctest/doctest.h>

namespace corka::partition {

TEST_SUITE("few lines") {
  TEST_CASE("so many at once, then how many were left out") {
    using namespace std::chrono_literals;
    few_lines lines{2, 10s};
    const clock::time_point start{1h};
    CHECK(lines.next(start) == 0U);
    CHECK(lines.next(start + 1s) == 0U);
    CHECK_FALSE(lines.next(start + 2s));
    CHECK_FALSE(lines.next(start + 9s));
    CHECK(lines.next(start + 10s) == 2U);
    CHECK(lines.next(start + 11s) == 0U);
    CHECK_FALSE(lines.next(start + 19s));
    CHECK(lines.next(start + 60s) == 1U);
  }
}

}  // namespace corka::partition
