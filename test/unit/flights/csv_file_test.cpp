#include "csv_file.hpp"
#include "support/temporary_folder.hpp"

#include <doctest/doctest.h>

#include <fstream>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

namespace flights {
namespace {

struct fixture {
  corka::test::temporary_folder folder;
  csv_file open(std::string_view text, const std::vector<std::string>& columns) {
    std::ofstream{folder / "f.csv", std::ios::binary} << text;
    return csv_file{folder / "f.csv", columns};
  }
  /// The message that reading all of it ends with, after the folder's name.
  std::string failure(std::string_view text) {
    try {
      auto file = open(text, {"a", "b"});
      while (file.next()) (void)file.number_or_na(1);
    } catch (const std::runtime_error& e) {
      const std::string message = e.what();
      return message.substr(message.rfind("f.csv"));
    }
    return "";
  }
};

TEST_CASE("csv: columns are found by name, in whatever order, among others") {
  fixture f;
  auto file = f.open("x,b,a\n1,2,3\n4,5,6\n", {"a", "b"});
  REQUIRE(file.next());
  CHECK(file.number(0) == 3);
  CHECK(file.number(1) == 2);
  REQUIRE(file.next());
  CHECK(file.text(0) == "6");
  CHECK_FALSE(file.next());
}

TEST_CASE(
    "csv: quotes, doubled quotes, commas and line breaks within them, CRLF, a byte order mark, blank lines, no last "
    "line end") {
  fixture f;
  auto file = f.open(
      "\xEF\xBB\xBF"
      "a,b\r\n\"one, two\",\"say \"\"hi\"\"\"\r\n\r\n\"two\nlines\",\"\"\nlast,-7",
      {"a", "b"});
  REQUIRE(file.next());
  CHECK(file.text(0) == "one, two");
  CHECK(file.text(1) == "say \"hi\"");
  REQUIRE(file.next());
  CHECK(file.text(0) == "two\nlines");
  CHECK(file.text_or_na(1) == std::nullopt);
  REQUIRE(file.next());
  CHECK(file.number(1) == -7);
  CHECK_FALSE(file.next());
}

TEST_CASE("csv: NA is a missing value") {
  fixture f;
  auto file = f.open("a,b\nNA,5\n", {"a", "b"});
  REQUIRE(file.next());
  CHECK_FALSE(file.number_or_na(0));
  CHECK_FALSE(file.text_or_na(0));
  CHECK(file.number_or_na(1) == 5);
  CHECK_THROWS_AS((void)file.number(0), std::runtime_error);
}

TEST_CASE("csv: mistakes name the file, the line where the row begins, and the cure") {
  fixture f;
  CHECK(f.failure("a,b\n1,2\n1,2,3\n") == "f.csv:3: has 3 fields where the header names 2: repair or remove the line");
  CHECK(f.failure("a,b\n\"1\n2\n3,4\n") == "f.csv:2: has a quote that is never closed: add the closing quote");
  CHECK(f.failure("a,b\n\"1\"2,3\n") == "f.csv:2: has text after a closing quote: double the quotes within a field");
  CHECK(f.failure("a,b\n1\"2,3\n") == "f.csv:2: has a quote within an unquoted field: put the whole field in quotes");
  CHECK(f.failure("a,b\n1,2.5\n") == "f.csv:2: has '2.5' for b: expected a whole number or NA");
  CHECK(f.failure("a,c\n") == "f.csv:1: has no column 'b': use the original file with its header");
  CHECK(f.failure("").find("is empty") != std::string::npos);
  CHECK_THROWS_AS((csv_file{f.folder / "none.csv", {"a"}}), std::runtime_error);
}

}  // namespace
}  // namespace flights
