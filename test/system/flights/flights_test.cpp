// The flights example on a real Kafka: killed, stopped, robbed of its local copies, and left alone.
#include "support/eventually.hpp"
#include "support/flights_truth.hpp"
#include "support/kafka_broker.hpp"
#include "system/flights/flights_program.hpp"

#include <doctest/doctest.h>

#include <chrono>
#include <cstdint>
#include <random>
#include <string>

namespace corka::test {

namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using rows = std::map<std::string, nlohmann::json>;

constexpr std::uint32_t seed = 20130101;

void wait_until_finished(flights_program& flights) {
  const bool done = eventually(seconds{120}, [&] { return flights.finished(); });
  INFO(flights.last_words());
  REQUIRE(done);
}

/// The process answers with the same rows that the changelog holds.
void answers_with(const flights_program& flights, const std::string& group, const rows& expected) {
  int wrong = 0;
  for (const auto& [key, row] : expected) {
    if (flights.row(group, key) != row && ++wrong <= 3) {
      FAIL_CHECK(group << " " << key << ": " << flights.row(group, key).dump() << " instead of " << row.dump());
    }
  }
  CHECK(wrong == 0);
}

/// Sums of delays go both ways, so that only counts can be compared.
void counts_reach(const rows& counted, const rows& truth, const std::vector<std::string>& counts) {
  CHECK(counted.size() == truth.size());
  for (const auto& [key, row] : truth) {
    REQUIRE_MESSAGE(counted.contains(key), key);
    for (const auto& count : counts) {
      const auto have = counted.at(key).at(count).get<std::int64_t>();
      const auto wanted = row.at(count).get<std::int64_t>();
      CHECK_MESSAGE(have >= wanted, key << " " << count);
    }
  }
}

std::int64_t total(const rows& of, const std::string& count) {
  std::int64_t sum = 0;
  for (const auto& [key, row] : of) sum += row.at(count).get<std::int64_t>();
  return sum;
}

void tell_repeats(const rows& planes, const rows& carriers, const flights_counts& truth) {
  const auto of_planes = total(planes, "flights") - total(truth.planes, "flights");
  const auto of_carriers = total(carriers, "flights") - total(truth.carriers, "flights");
  MESSAGE("counted twice: " << of_planes << " flights for planes, " << of_carriers << " for carriers");
}

}  // namespace

TEST_CASE("a program that is killed ten times loses no flight") {
  const auto truth = flights_truth(FLIGHTS_DATA);
  kafka_broker broker;
  flights_program flights{broker.address()};
  std::mt19937 random{seed};
  INFO("seed " << seed);
  for (int round = 0; round < 10; ++round) {
    // A killed member's partitions are free once its session has ended: most kills come after that, in mid-work.
    const auto counted = flights.records("carrier-flights");
    flights.start(500, {"--kafka", "session.timeout.ms=2000"});
    if (random() % 4 != 0) {
      const auto at_work = eventually(seconds{60}, [&] { return flights.records("carrier-flights") > counted; });
      REQUIRE_MESSAGE(at_work, flights.last_words());
    }
    const auto ended = flights.process().wait(milliseconds{random() % 1'500});
    REQUIRE_MESSAGE(!ended.has_value(), flights.last_words());
    flights.process().kill();
    const auto damage = random() % 3 == 0 ? flights.damage_copies(random) : std::string{};
    MESSAGE("killed with " << flights.records("flights") << " flights emitted, " << flights.records("carrier-flights")
                           << " counted; " << damage);
  }
  flights.start(0);
  wait_until_finished(flights);

  CHECK(flights.records("flights") == static_cast<std::int64_t>(truth.rows));
  const auto planes = flights.table("planes");
  const auto carriers = flights.table("carriers");
  answers_with(flights, "planes", planes);
  answers_with(flights, "carriers", carriers);
  CHECK(flights.process().stop(seconds{30}) == 0);
  counts_reach(planes, truth.planes, {"flights", "cancelled", "miles"});
  counts_reach(carriers, truth.carriers, {"flights", "cancelled", "delayed"});
  for (const auto& [key, row] : truth.planes) CHECK(planes.at(key).at("last") == row.at("last"));
  tell_repeats(planes, carriers, truth);
}

TEST_CASE("a program that is stopped counts exactly, whatever becomes of its local copies") {
  const auto truth = flights_truth(FLIGHTS_DATA);
  kafka_broker broker;
  flights_program flights{broker.address()};
  std::mt19937 random{seed};
  INFO("seed " << seed);
  for (int round = 0; round < 4; ++round) {
    flights.start(4'000);
    const milliseconds life{800 + random() % 1'500};
    const auto ended = flights.process().wait(life);
    REQUIRE_MESSAGE(!ended.has_value(), flights.last_words());
    REQUIRE_MESSAGE(flights.process().stop(seconds{30}) == 0, flights.last_words());
    const auto damage = round == 0 ? std::string{} : flights.damage_copies(random);
    MESSAGE("stopped after " << life.count() << " ms with " << flights.records("flights") << " flights emitted; "
                             << damage);
  }
  flights.start(0);
  wait_until_finished(flights);

  CHECK(flights.records("flights") == static_cast<std::int64_t>(truth.rows));
  CHECK(flights.records("carrier-flights") == static_cast<std::int64_t>(truth.rows));
  CHECK(flights.records("late-arrivals") == static_cast<std::int64_t>(truth.late));
  CHECK(flights.table("planes") == truth.planes);
  CHECK(flights.table("carriers") == truth.carriers);
  answers_with(flights, "planes", truth.planes);
  answers_with(flights, "carriers", truth.carriers);
  CHECK(flights.process().stop(seconds{30}) == 0);
}

TEST_CASE("a broker that hangs, or is killed and comes back, is no reason to end") {
  const auto truth = flights_truth(FLIGHTS_DATA);
  kafka_broker broker;
  flights_program flights{broker.address()};
  flights.start(1'500);
  const auto goes_on = [&] {
    const auto counted = flights.records("carrier-flights");
    CHECK_MESSAGE(eventually(seconds{60}, [&] { return flights.records("carrier-flights") > counted + 1'000; }),
                  flights.last_words());
  };
  const auto stays_up = [&](seconds time) {
    const auto ended = flights.process().wait(time);
    CHECK_MESSAGE(!ended.has_value(), flights.last_words());
  };
  goes_on();
  broker.suspend();
  stays_up(seconds{3});
  broker.resume();
  goes_on();
  // Short, and longer than a session.
  for (const seconds outage : {seconds{1}, seconds{8}}) {
    broker.kill();
    stays_up(outage);
    broker.restart();
    goes_on();
  }
  wait_until_finished(flights);
  CHECK(flights.records("flights") == static_cast<std::int64_t>(truth.rows));
  const auto planes = flights.table("planes");
  const auto carriers = flights.table("carriers");
  answers_with(flights, "planes", planes);
  answers_with(flights, "carriers", carriers);
  CHECK(flights.process().stop(seconds{30}) == 0);
  counts_reach(planes, truth.planes, {"flights", "cancelled", "miles"});
  counts_reach(carriers, truth.carriers, {"flights", "cancelled", "delayed"});
  tell_repeats(planes, carriers, truth);
}

}  // namespace corka::test
