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
namespace fs = std::filesystem;

namespace {

constexpr auto first_file = "00000000000000000000.log";

std::string read_file(const fs::path& file) {
  std::ifstream in{file, std::ios::binary};
  return {std::istreambuf_iterator<char>{in}, {}};
}
void write_file(const fs::path& file, const std::string& bytes) {
  std::ofstream out{file, std::ios::binary};
  out << bytes;
}

partition_log::settings in(const temporary_folder& folder) { return {folder.path(), 4096, false}; }

/// Three segments of four frames of about 1 kB.
void write_three_segments(const temporary_folder& folder) {
  partition_log log{in(folder), {}};
  for (int i = 0; i < 9; ++i) append(log, {std::to_string(i) + "=" + std::string(1200, 'x')});
}

}  // namespace

TEST_CASE("log opening: everything is there again, and goes on behind it") {
  const temporary_folder folder;
  text before;
  {
    partition_log log{in(folder), {}};
    for (int i = 0; i < 20; ++i) append(log, {"k=" + std::string(700, 'x'), "gone"}, i);
    before = lines(log);
  }
  const log_book book;
  partition_log log{in(folder), book.to()};
  CHECK(lines(log) == before);
  CHECK(book.said().empty());
  CHECK(log.find_time(19) == 38);
  CHECK(append(log, {"new=1"}) == 40);
  CHECK(lines(log, 39) == text{"39 gone", "40 new=1"});
}

TEST_CASE("log opening: an end that was cut anywhere costs only the frame that it was in") {
  const temporary_folder origin;
  {
    partition_log log{in(origin), {}};
    append(log, {"a=1", "b=2"});
    append(log, {"c=3", "d=4"});
  }
  const auto whole = read_file(origin / first_file);
  std::size_t first_end = 0;
  for (std::size_t length = whole.size(); length-- > 0;) {
    const temporary_folder folder;
    write_file(folder / first_file, whole.substr(0, length));
    const log_book book;
    partition_log log{in(folder), book.to()};
    const auto kept = lines(log);
    const bool one = kept == text{"0 a=1", "1 b=2"};
    CHECK((one || kept.empty()));
    if (one) first_end = length;
    // What is left can be appended to, and opened again.
    append(log, {"e=5"});
    CHECK(lines(log).back() == std::to_string(one ? 2 : 0) + " e=5");
    const partition_log again{in(folder), {}};
    CHECK(lines(again) == lines(log));
  }
  CHECK(first_end > 32 + 64);
  CHECK(first_end < whole.size() - 64);
}

TEST_CASE("log opening: what was cut off does not come back behind what is appended") {
  const temporary_folder folder;
  {
    partition_log log{in(folder), {}};
    for (const auto* record : {"a=1", "b=2", "c=3"}) append(log, {record});
  }
  auto bytes = read_file(folder / first_file);
  bytes[bytes.find('b')] = '!';
  write_file(folder / first_file, bytes);
  {
    partition_log log{in(folder), {}};
    CHECK(lines(log) == text{"0 a=1"});
    append(log, {"d=4"});  // as long as the damaged frame: "c=3" would follow it
  }
  partition_log log{in(folder), {}};
  CHECK(lines(log) == text{"0 a=1", "1 d=4"});
  CHECK(append(log, {"e=5"}) == 2);
}

TEST_CASE("log opening: a cut end is said to the log, with the file and the offset") {
  const temporary_folder folder;
  write_three_segments(folder);
  std::int64_t last = 0;
  fs::path newest;
  for (const auto& f : fs::directory_iterator{folder.path()}) newest = std::max(newest, f.path());
  auto bytes = read_file(newest);
  bytes.pop_back();
  write_file(newest, bytes);
  const log_book book;
  const partition_log log{in(folder), book.to()};
  last = log.range().high.value;
  CHECK(last == 8);
  REQUIRE(book.said().size() == 1);
  CHECK(book.said()[0].first == log_level::warn);
  CHECK(book.said()[0].second.find(newest.string()) != std::string::npos);
  CHECK(book.said()[0].second.find("offset 8") != std::string::npos);
}

TEST_CASE("log opening: damage in the middle loses what is behind it in that segment, and no other offset") {
  const temporary_folder folder;
  write_three_segments(folder);
  auto bytes = read_file(folder / first_file);
  bytes[bytes.size() - 10] = '!';
  write_file(folder / first_file, bytes);
  const log_book book;
  partition_log log{in(folder), book.to()};
  CHECK(log.range() == offset_range{offset{0}, offset{9}});
  const auto kept = lines(log);
  REQUIRE(kept.size() == 8);
  CHECK(kept[1].substr(0, 2) == "1 ");
  CHECK(kept[2].substr(0, 2) == "3 ");
  REQUIRE(book.said().size() == 1);
  CHECK(book.said()[0].first == log_level::error);
  CHECK(book.said()[0].second.find("offsets 2 to 2 are lost") != std::string::npos);
}

TEST_CASE("log opening: a file that is no segment is put aside, and its offsets are not given out again") {
  const temporary_folder folder;
  write_three_segments(folder);
  fs::path newest;
  for (const auto& f : fs::directory_iterator{folder.path()}) newest = std::max(newest, f.path());
  const auto base = std::stoll(newest.stem().string());
  write_file(newest, std::string(1000, 'z'));
  const log_book book;
  partition_log log{in(folder), book.to()};
  CHECK(log.range().high.value == base);
  CHECK(append(log, {"new=1"}) == base);
  auto aside = newest;
  aside += ".bad";
  CHECK(read_file(aside) == std::string(1000, 'z'));
  REQUIRE(book.said().size() == 1);
  CHECK(book.said()[0].first == log_level::error);
  const partition_log again{in(folder), {}};
  CHECK(lines(again) == lines(log));
}

TEST_CASE("log opening: a file that nothing was written to is begun again at its offset") {
  const temporary_folder folder;
  write_three_segments(folder);
  write_file(folder / "00000000000000000100.log", "");
  const log_book book;
  partition_log log{in(folder), book.to()};
  CHECK(append(log, {"new=1"}) == 100);
  CHECK(lines(log, 8).size() == 2);
  CHECK(book.said().empty());
}

TEST_CASE("log opening: a compaction that was interrupted at any point leaves the same records") {
  const temporary_folder origin;
  text before;
  {
    partition_log log{in(origin), {}};
    for (int i = 0; i < 30; ++i)
      append(log, {"k" + std::to_string(i % 3) + "=" + std::to_string(i) + std::string(500, 'x')});
    log.roll();
  }
  // The files before and after; an interruption leaves some of each.
  std::map<fs::path, std::string> old_files;
  for (const auto& f : fs::directory_iterator{origin.path()}) old_files[f.path().filename()] = read_file(f.path());
  text compacted;
  {
    partition_log log{in(origin), {}};
    REQUIRE(log.compact(0, 0, 0.0));
    REQUIRE(log.compact(0, 0, 0.0));  // once more: now the small ones are joined
    compacted = lines(log);
  }
  CHECK(compacted.size() == 3);
  const auto joined = read_file(origin / first_file);
  CHECK(std::distance(fs::directory_iterator{origin.path()}, {}) < static_cast<std::ptrdiff_t>(old_files.size()));

  const temporary_folder folder;
  for (const auto& [name, bytes] : old_files) write_file(folder / name, bytes);
  write_file(folder / first_file, joined);                        // renamed over the first, the others still there
  write_file(folder / "00000000000000000007.log.new", "half a");  // and one not finished
  const log_book book;
  const partition_log log{in(folder), book.to()};
  CHECK(lines(log) == compacted);
  CHECK(log.range() == offset_range{offset{0}, offset{30}});
  CHECK(book.said().empty());
  CHECK_FALSE(fs::exists(folder / "00000000000000000007.log.new"));
}
