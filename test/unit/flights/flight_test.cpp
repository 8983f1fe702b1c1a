#include "flight.hpp"
#include "support/flights_truth.hpp"

#include <doctest/doctest.h>

#include <optional>
#include <string>

namespace flights {
namespace {

TEST_CASE("flights: January has 27,004 rows, and the first one is as the data set has it") {
  flight_file file{FLIGHTS_DATA};
  const auto first = file.next();
  REQUIRE(first);
  CHECK(
      nlohmann::json(*first).dump() ==
      R"({"arr_delay":11,"carrier":"UA","day":1,"dep_delay":2,"dep_time":517,"dest":"IAH","distance":1400,"flight":1545,)"
      R"("month":1,"origin":"EWR","tailnum":"N14228","year":2013})");
  int rows = 1;
  int unknown = 0;
  while (const auto row = file.next()) {
    ++rows;
    if (row->tailnum == "unknown") ++unknown;
  }
  CHECK(rows == 27'004);
  CHECK(unknown == 155);
}

TEST_CASE("flights: a cancelled flight's missing times travel as null and come back") {
  flight f;
  f.carrier = "UA";
  f.tailnum = "unknown";
  const auto json = nlohmann::json(f);
  CHECK(json.at("dep_time").is_null());
  const auto back = json.get<flight>();
  CHECK_FALSE(back.flown());
  CHECK_FALSE(back.arr_delay);
  CHECK(back.tailnum == "unknown");
}

TEST_CASE("flights: three hours after the plan is very late, a flight that never arrived is not") {
  flight f;
  CHECK_FALSE(f.very_late());
  f.arr_delay = 179;
  CHECK_FALSE(f.very_late());
  f.arr_delay = 180;
  CHECK(f.very_late());
}

TEST_CASE("flights: the truth for January, computed apart from the example, is what the data set's users know") {
  const auto truth = corka::test::flights_truth(FLIGHTS_DATA);
  CHECK(truth.rows == 27'004);
  std::int64_t flown = 0;
  std::int64_t cancelled = 0;
  for (const auto& [name, c] : truth.carriers) {
    flown += c.at("flights").get<std::int64_t>();
    cancelled += c.at("cancelled").get<std::int64_t>();
  }
  CHECK(truth.planes.size() == 3'149);
  CHECK(truth.late == 209);
  CHECK(truth.carriers.size() == 16);
  CHECK(flown == 26'483);
  CHECK(cancelled == 521);
  CHECK(truth.carriers.at("UA").at("flights") == 4'605);
}

}  // namespace
}  // namespace flights
