#include <corka/record_time.hpp>

#include <doctest/doctest.h>

#include <chrono>
#include <cstdint>
#include <limits>
#include <optional>

namespace corka {

using namespace std::chrono_literals;
using std::chrono::system_clock;

namespace {

constexpr auto least = std::numeric_limits<std::int64_t>::min();
constexpr auto most = std::numeric_limits<std::int64_t>::max();

}  // namespace

TEST_CASE("record time: milliseconds are kept as they are, also beyond the clock") {
  for (const std::int64_t ms : {least, least + 1, std::int64_t{-1}, std::int64_t{0}, std::int64_t{1'700'000'000'123},
                                std::int64_t{9'223'372'036'855}, most - 1, most}) {
    CAPTURE(ms);
    CHECK(record_time{ms}.ms() == ms);
  }
  CHECK(record_time{most} > record_time{most - 1});
  CHECK(record_time{least} < record_time{-1});
}

TEST_CASE("record time: on the clock it is the same, or the clock's end") {
  CHECK(record_time{0}.on_clock() == system_clock::time_point{});
  CHECK(record_time{-1}.on_clock() == system_clock::time_point{-1ms});
  CHECK(record_time{1'700'000'000'123}.on_clock() == system_clock::time_point{1'700'000'000'123ms});
  // The last whole millisecond of 64 bits of nanoseconds, and the next one.
  CHECK(record_time{9'223'372'036'854}.on_clock() == system_clock::time_point{9'223'372'036'854ms});
  for (const std::int64_t ms : {std::int64_t{9'223'372'036'855}, most}) {
    CHECK(record_time{ms}.on_clock() == system_clock::time_point{9'223'372'036'854ms});
    CHECK(record_time{-ms}.on_clock() == system_clock::time_point{-9'223'372'036'854ms});
  }
  CHECK(record_time{least}.on_clock() == system_clock::time_point{-9'223'372'036'854ms});
  // There and back, nothing overflows.
  CHECK(record_time{record_time{most}.on_clock()}.ms() == 9'223'372'036'854);
}

TEST_CASE("record time: a time of the clock is one, cut to the millisecond that has begun") {
  CHECK(record_time{system_clock::time_point{1'999'999ns}}.ms() == 1);
  CHECK(record_time{system_clock::time_point{-1ns}}.ms() == -1);
  CHECK(record_time{std::chrono::time_point<system_clock, std::chrono::milliseconds>{5ms}}.ms() == 5);
  CHECK(record_time{system_clock::time_point::max()}.ms() == 9'223'372'036'854);
  CHECK(record_time{system_clock::time_point::min()}.ms() == -9'223'372'036'855);
  const std::optional<record_time> given = system_clock::time_point{} + 2s;
  CHECK(given->ms() == 2'000);
}

}  // namespace corka
