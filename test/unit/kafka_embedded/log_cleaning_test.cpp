// Retention and compaction of a partition's log.
#include "log_text.hpp"
#include "support/temporary_folder.hpp"

#include <doctest/doctest.h>

#include <fstream>
#include <string>
#include <vector>

using namespace corka;
using namespace corka::test;
using corka::kafka::embedded::partition_log;
using text = std::vector<std::string>;

namespace {

const std::string filling(1500, 'x');

/// One frame a segment: what is cleaned is then exact.
void append_alone(partition_log& log, const std::string& record, std::int64_t time_ms = 0) {
  append(log, {record}, time_ms);
  log.roll();
}

}  // namespace

TEST_CASE("retention: by time, whole segments from the start") {
  partition_log log{{{}, 4096, false}, {}};
  for (int i = 0; i < 5; ++i) append_alone(log, std::to_string(i) + "=v", i * 100);
  CHECK(log.retain(150, std::nullopt));
  CHECK(lines(log) == text{"2 2=v", "3 3=v", "4 4=v"});
  CHECK(log.range() == offset_range{offset{2}, offset{5}});
  CHECK_FALSE(log.retain(150, std::nullopt));
  CHECK(lines(log, 1) == text{"out of range"});
}

TEST_CASE("retention: a late old record does not pull younger ones away") {
  partition_log log{{{}, 4096, false}, {}};
  append_alone(log, "young=v", 1000);
  append_alone(log, "old=v", 0);
  append_alone(log, "new=v", 1000);
  CHECK_FALSE(log.retain(500, std::nullopt));
  CHECK(log.range().low.value == 0);
}

TEST_CASE("retention: of everything leaves an empty log that goes on counting, also after opening again") {
  const temporary_folder folder;
  {
    partition_log log{{folder.path(), 4096, false}, {}};
    append(log, {"a=1", "b=2"}, 100);
    CHECK(log.retain(200, std::nullopt));
    CHECK(log.range() == offset_range{offset{2}, offset{2}});
  }
  partition_log log{{folder.path(), 4096, false}, {}};
  CHECK(log.range() == offset_range{offset{2}, offset{2}});
  CHECK(append(log, {"c=3"}, 300) == 2);
}

TEST_CASE("retention: by size keeps at least that much") {
  partition_log log{{{}, 4096, false}, {}};
  for (int i = 0; i < 20; ++i) append(log, {"k=" + filling});
  CHECK(log.retain(std::nullopt, 6000));
  CHECK(log.bytes() >= 6000);
  CHECK(log.bytes() < 6000 + 2 * 4096);
  CHECK(log.range().high.value == 20);
}

TEST_CASE("compaction: keeps the last value of each key below the present segment, at its offset") {
  partition_log log{{{}, 4096, false}, {}};
  append(log, {"a=1", "b=1", "a=2"});
  append_alone(log, "c=1");
  append(log, {"b=2", "d=1"});
  log.roll();
  append(log, {"a=3", "a=4"});
  CHECK(log.compact(0, 1000, 0.0));
  CHECK(lines(log) == text{"2 a=2", "3 c=1", "4 b=2", "5 d=1", "6 a=3", "7 a=4"});
  CHECK(log.range() == offset_range{offset{0}, offset{8}});
  CHECK(lines(log, 1).front() == "2 a=2");
}

TEST_CASE("compaction: tombstones stay for their time after the first compaction, then go") {
  partition_log log{{{}, 4096, false}, {}};
  append_alone(log, "a=1");
  append_alone(log, "a", 0);
  append_alone(log, "b=1");
  CHECK(log.compact(10'000, 500, 0.0));
  CHECK(lines(log) == text{"1 a", "2 b=1"});
  CHECK(log.compact(10'500, 500, 0.0));
  CHECK(lines(log) == text{"1 a", "2 b=1"});
  CHECK(log.compact(10'501, 500, 0.0));
  CHECK(lines(log) == text{"2 b=1"});
  CHECK(log.range() == offset_range{offset{0}, offset{3}});
}

TEST_CASE("compaction: a log whose last records are gone still ends where it ended") {
  const temporary_folder folder;
  {
    partition_log log{{folder.path(), 4096, false}, {}};
    append_alone(log, "a=1");
    append_alone(log, "a");
    CHECK(log.compact(0, 0, 0.0));
    CHECK(log.compact(1, 0, 0.0));
    CHECK(lines(log).empty());
    CHECK(log.range() == offset_range{offset{0}, offset{2}});
  }
  partition_log log{{folder.path(), 4096, false}, {}};
  CHECK(log.range() == offset_range{offset{0}, offset{2}});
  CHECK(append(log, {"b=1"}) == 2);
}

TEST_CASE("compaction, rolling: what an earlier try has left on a full disk is no obstacle") {
  const temporary_folder folder;
  partition_log log{{folder.path(), 4096, false}, {}};
  append_alone(log, "a=1");
  append_alone(log, "a=2");
  const auto leave = [&](const std::string& name) { std::ofstream{folder / name} << "half"; };
  leave("00000000000000000000.log.new");
  CHECK(log.compact(0, 0, 0.0));
  leave("00000000000000000003.log");
  append(log, {"b=1"});
  log.roll();
  CHECK(append(log, {"c=1"}) == 3);
  CHECK(lines(log) == std::vector<std::string>{"1 a=2", "2 b=1", "3 c=1"});
  const partition_log again{{folder.path(), 4096, false}, {}};
  CHECK(lines(again) == lines(log));
}

TEST_CASE("compaction: waits until enough is new") {
  partition_log log{{{}, 4096, false}, {}};
  for (int i = 0; i < 10; ++i) append_alone(log, std::to_string(i) + "=" + filling);
  CHECK(log.compact(0, 0, 0.5));
  append_alone(log, "0=" + filling);
  CHECK_FALSE(log.compact(0, 0, 0.5));
  CHECK(lines(log).size() == 11);
  CHECK(log.compact(0, 0, 0.05));
  CHECK(lines(log).size() == 10);
}

TEST_CASE("compaction: small segments are joined, and headers and times survive") {
  namespace e = corka::kafka::embedded;
  const temporary_folder folder;
  partition_log log{{folder.path(), 4096, false}, {}};
  const std::array<header_view, 2> headers{header_view{"h", "1"}, header_view{"n", std::nullopt}};
  for (int i = 0; i < 50; ++i) {
    e::frame_builder frame;
    frame.add(0, 1'000'000 - i, std::to_string(i), "v", headers);
    log.append(frame);
    log.roll();
  }
  CHECK(log.compact(5, 5, 0.0));
  CHECK(std::distance(std::filesystem::directory_iterator{folder.path()}, {}) <= 4);
  const auto found = log.find(30);
  REQUIRE(found);
  REQUIRE(found->in);
  const auto head = e::read_frame_header(found->in->data() + found->frame.at);
  const char* p = found->in->data() + found->frame.at + e::frame_header_size;
  e::framed_record r;
  while (r.what.at.value < 30) p = e::read_record(p, found->in->data() + found->frame.at + head.length, head, r);
  CHECK(r.what.key == "30");
  CHECK(r.what.timestamp_ms == 1'000'000 - 30);
  std::vector<header_view> kept;
  REQUIRE(e::read_headers(r.headers, kept));
  REQUIRE(kept.size() == 2);
  CHECK(kept[0].value == "1");
  CHECK_FALSE(kept[1].value);
}

TEST_CASE("compaction: frames that grow by joining find room") {
  // Tiny records far apart in time and offset take more bytes in one frame than in their own.
  partition_log log{{{}, 4096, false}, {}};
  for (int i = 0; i < 300; ++i) {
    std::vector<std::string> frame(30, std::to_string(i % 7));
    frame.push_back("keep" + std::to_string(i) + "=");
    append(log, frame, (i % 2) * 1'000'000'000'000'000);
  }
  log.roll();
  CHECK(log.compact(0, 0, 0.0));
  CHECK(log.compact(1, 0, 0.0));
  CHECK(lines(log).size() == 300);
}

TEST_CASE("cleaning: what a reader holds stays as it was") {
  const temporary_folder folder;
  partition_log log{{folder.path(), 4096, false}, {}};
  append_alone(log, "a=old", 1);
  append_alone(log, "a=new", 2);
  const auto held = log.find(0);
  REQUIRE(held);
  REQUIRE(held->in);
  CHECK(log.compact(0, 0, 0.0));
  CHECK(log.retain(1000, std::nullopt));
  const std::string_view bytes{held->in->data(), held->in->size()};
  CHECK(bytes.find("old") != std::string_view::npos);
  CHECK(lines(log).empty());
}
