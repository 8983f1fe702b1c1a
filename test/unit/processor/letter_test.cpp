#include "processor/letter.hpp"

#include <doctest/doctest.h>

#include <chrono>
#include <optional>
#include <string_view>
#include <vector>

namespace corka {

namespace {

using std::chrono::milliseconds;
using std::chrono::system_clock;

std::optional<system_clock::time_point> time_of(std::string_view text) {
  const std::vector<header_view> headers{{"corka-timestamp", text}};
  return letter{headers}.timestamp;
}

}  // namespace

TEST_CASE("letter: its own headers are kept in order, corka's are not; of several of a name the last one counts") {
  const std::vector<header_view> headers{{"trace", "1"},           {"corka-topic", "clicks"}, {"trace", std::nullopt},
                                         {"corka-topic", "views"}, {"corka-new", "x"},        {"", ""}};
  const letter l{headers};
  CHECK(l.topic == "views");
  CHECK_FALSE(l.timestamp);
  REQUIRE(l.original.size() == 3);
  CHECK(l.original[0].name == "trace");
  CHECK(l.original[0].value == "1");
  CHECK_FALSE(l.original[1].value);
  CHECK(l.original[2].name.empty());
  CHECK_FALSE(letter{std::vector<header_view>{{"corka-topic", std::nullopt}}}.topic);
}

TEST_CASE("letter: a time is a number of milliseconds, or there is none; one beyond the clock is the clock's end") {
  CHECK(time_of("0") == system_clock::time_point{});
  CHECK(time_of("1700000000000") == system_clock::time_point{milliseconds{1'700'000'000'000}});
  for (const auto* text : {"", "-1", "1700000000000 ", "12abc", "9223372036854775808"}) {
    CAPTURE(text);
    CHECK_FALSE(time_of(text));
  }
  const auto end = time_of("9223372036854775807");
  REQUIRE(end);
  CHECK(system_clock::time_point::max() - *end < milliseconds{1});
}

}  // namespace corka
