#include "partition/metrics.hpp"

#include <doctest/doctest.h>

#include <chrono>
#include <cstdint>
#include <limits>
#include <optional>
#include <vector>

namespace corka::partition {

TEST_SUITE("lag in time") {
  TEST_CASE("it is 0 when caught up, and unknown is not 0") {
    using std::chrono::milliseconds;
    struct row {
      std::int64_t processed;
      std::int64_t end;
      std::int64_t timestamp_ms;  // of the last record
      std::optional<milliseconds> lag;
    };
    constexpr auto most = std::numeric_limits<std::int64_t>::max();
    constexpr auto least = std::numeric_limits<std::int64_t>::min();
    const std::vector<row> rows{
        {10, 12, 4'000, milliseconds{6'000}},  // others wait behind it
        {12, 12, 4'000, milliseconds{0}},      // caught up, however long ago
        {13, 12, 4'000, milliseconds{0}},      // the end was heard before
        {12, 12, -1, milliseconds{0}},         // nothing processed, nothing to process
        {10, 12, -1, std::nullopt},            // nothing processed yet, or no timestamp
        {10, -1, 4'000, std::nullopt},         // the end was not heard yet
        {10, 12, 11'000, milliseconds{0}},     // a clock that is ahead
        {10, 12, 0, milliseconds{10'000}},     // of 1970
        {10, 12, most, milliseconds{0}},       // what no clock can count
        {10, 12, least, std::nullopt},         // before 1970: as good as none
    };
    for (std::size_t i = 0; i < rows.size(); ++i) {
      CAPTURE(i);
      input_metrics m{"t"};
      m.processed = rows[i].processed;
      m.end = rows[i].end;
      m.timestamp_ms = rows[i].timestamp_ms;
      CHECK(m.lag_time(10'000) == rows[i].lag);
    }
  }

  TEST_CASE("how long records took is known of those with a time that has been") {
    metrics m{{"t"}, {}};
    for (const auto at : {std::numeric_limits<std::int64_t>::max(), std::numeric_limits<std::int64_t>::min(),
                          std::int64_t{-1}, std::int64_t{10'001}})
      m.ended(at, 10'000);
    partition_status none;
    m.fill(none, 10'000);
    CHECK(none.end_to_end.count == 0);
    m.ended(9'990, 10'000);
    m.ended(0, 10'000);
    partition_status two;
    m.fill(two, 10'000);
    CHECK(two.end_to_end.count == 2);
    CHECK(two.end_to_end.sum >= 10'000'000);
  }
}

}  // namespace corka::partition
