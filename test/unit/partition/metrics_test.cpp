#include "partition/metrics.hpp"

#include <doctest/doctest.h>

#include <chrono>
#include <cstdint>
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
    const std::vector<row> rows{
        {10, 12, 4'000, milliseconds{6'000}},  // others wait behind it
        {12, 12, 4'000, milliseconds{0}},      // caught up, however long ago
        {13, 12, 4'000, milliseconds{0}},      // the end was heard before
        {12, 12, -1, milliseconds{0}},         // nothing processed, nothing to process
        {10, 12, -1, std::nullopt},            // nothing processed yet, or no timestamp
        {10, -1, 4'000, std::nullopt},         // the end was not heard yet
        {10, 12, 11'000, milliseconds{0}},     // a clock that is ahead
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
}

}  // namespace corka::partition
