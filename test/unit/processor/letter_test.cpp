#include "processor/letter.hpp"

#include <doctest/doctest.h>

#include <optional>
#include <string_view>
#include <vector>

namespace corka {

namespace {

std::optional<record_time> time_of(std::string_view text) {
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

TEST_CASE("letter: a time is a number of milliseconds, whatever a clock can count, or there is none") {
  CHECK(time_of("0") == record_time{0});
  CHECK(time_of("1700000000000") == record_time{1'700'000'000'000});
  CHECK(time_of("9223372036854775807") == record_time{9'223'372'036'854'775'807});
  for (const auto* text : {"", "-1", "1700000000000 ", "12abc", "9223372036854775808"}) {
    CAPTURE(text);
    CHECK_FALSE(time_of(text));
  }
}

}  // namespace corka
