#include "log_text.hpp"
#include "support/temporary_folder.hpp"

#include <doctest/doctest.h>

#include <string>
#include <vector>

using namespace corka;
using namespace corka::test;
using corka::kafka::embedded::partition_log;
using text = std::vector<std::string>;

namespace {

/// Both kinds, as everything here holds for both.
template <class F>
void in_memory_and_on_disk(F check) {
  SUBCASE("in memory") { check(partition_log::settings{{}, 4096, false}); }
  SUBCASE("on disk") {
    const temporary_folder folder;
    check(partition_log::settings{folder / "p", 4096, false});
  }
  SUBCASE("on disk, synced") {
    const temporary_folder folder;
    check(partition_log::settings{folder / "p", 4096, true});
  }
}

}  // namespace

TEST_CASE("partition log: offsets rise by one over frames and segments") {
  in_memory_and_on_disk([](const partition_log::settings& with) {
    partition_log log{with, {}};
    CHECK(log.range() == offset_range{offset{0}, offset{0}});
    const std::string filling(500, 'x');
    for (int i = 0; i < 40; ++i) CHECK(append(log, {"a=" + filling, "b=" + std::to_string(i)}) == 2 * i);
    CHECK(log.range() == offset_range{offset{0}, offset{80}});
    CHECK(log.bytes() > 4096);
    const auto all = lines(log);
    REQUIRE(all.size() == 80);
    CHECK(all[79] == "79 b=39");
    CHECK(lines(log, 77) == text{"77 b=38", "78 a=" + filling, "79 b=39"});
    CHECK(lines(log, 80).empty());
  });
}

TEST_CASE("partition log: offsets below the start and above the end are out of range") {
  partition_log log{{}, {}};
  append(log, {"a=1"});
  CHECK(lines(log, -1) == text{"out of range"});
  CHECK(lines(log, 1).empty());
  CHECK(lines(log, 2) == text{"out of range"});
}

TEST_CASE("partition log: a frame larger than a segment finds its place, first and later") {
  in_memory_and_on_disk([](const partition_log::settings& with) {
    partition_log log{with, {}};
    const std::string large(50'000, 'x');
    append(log, {"a=" + large});
    append(log, {"b=1"});
    append(log, {"c=" + large});
    CHECK(lines(log) == text{"0 a=" + large, "1 b=1", "2 c=" + large});
    if (!log.durable()) return;
    const partition_log again{with, {}};
    CHECK(lines(again) == lines(log));
  });
}

TEST_CASE("partition log: times are found by record, also where they do not rise") {
  partition_log log{{{}, 4096, false}, {}};
  const std::string filling(900, 'x');
  for (const std::int64_t time : {100, 300, 200, 500, 400, 600}) append(log, {"k=" + filling}, time);
  CHECK(log.find_time(0) == 0);
  CHECK(log.find_time(101) == 1);
  CHECK(log.find_time(301) == 3);
  CHECK(log.find_time(501) == 5);
  CHECK(log.find_time(601) == 6);
}

TEST_CASE("partition log: rolling an empty segment makes no new one") {
  const temporary_folder folder;
  partition_log log{{folder.path(), 4096, false}, {}};
  log.roll();
  log.roll();
  append(log, {"a=1"});
  log.roll();
  log.roll();
  const auto files = std::distance(std::filesystem::directory_iterator{folder.path()}, {});
  CHECK(files == 2);
}
