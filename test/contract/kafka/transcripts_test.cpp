// How transcripts of the contract's cases are compared.
#include "contract/kafka/transcripts.hpp"
#include "support/temporary_folder.hpp"

#include <doctest/doctest.h>

#include <fstream>
#include <stdexcept>
#include <string>
#include <vector>

namespace corka::test {

namespace {

const std::string kafka = "== admin: a\none\ntwo\nthree\n== admin: b\nsetting x = 1\nsetting y = 2\nend\n";

std::vector<known_difference> in_table(const std::string& rows) {
  const temporary_folder folder;
  std::ofstream{folder / "README.md"} << "# A broker\n\n| a | b |\n| --- | --- |\n\n## Where it differs from Kafka\n\n"
                                      << "| name | case | on Kafka | here | why |\n| --- | --- | --- | --- | --- |\n"
                                      << rows << "\n## More\n\n| x | y |\n";
  return known_differences(folder / "README.md");
}

}  // namespace

TEST_CASE("transcripts: equal ones have no findings, whatever the order of their sections") {
  CHECK(compare(kafka, kafka, {}).empty());
  CHECK(compare(kafka, "== admin: b\nsetting x = 1\nsetting y = 2\nend\n== admin: a\none\ntwo\nthree\n", {}).empty());
}

TEST_CASE("transcripts: a line that only one has is a finding, with its case and its side") {
  const std::string here = "== admin: a\none\nthree\n== admin: b\nsetting x = 1\nsetting y = 3\nend\n";
  CHECK(compare(kafka, here, {}) == std::vector<std::string>{"'admin: a', on Kafka only: two",
                                                             "'admin: b', on Kafka only: setting y = 2",
                                                             "'admin: b', here only: setting y = 3"});
}

TEST_CASE("transcripts: lines in another order are findings") {
  CHECK(compare("== a\none\ntwo\n", "== a\ntwo\none\n", {}).size() == 2);
}

TEST_CASE("transcripts: a case that only one has run is a finding") {
  CHECK(compare(kafka, "== admin: a\none\ntwo\nthree\n", {}) ==
        std::vector<std::string>{"'admin: b' was run on Kafka only"});
  CHECK(compare("", "== a\n", {}) == std::vector<std::string>{"'a' was run here only"});
}

TEST_CASE("transcripts: what is known is no finding, in its case and on its side") {
  const std::string here = "== admin: a\none\ntwo\nthree\n== admin: b\nsetting x = 1\nsetting y = 3\nend\n";
  const auto known = in_table("| other | `admin: b…` | `setting y = 2` | `setting y = …` | because |\n");
  CHECK(compare(kafka, here, known).empty());
  const auto elsewhere = in_table("| other | `admin: a` | `setting y = 2` | `setting y = 3` | because |\n");
  CHECK(compare(kafka, here, elsewhere).size() == 3);
  const auto reverse = in_table("| other | `admin: b` | `setting y = 3` | `setting y = 2` | because |\n");
  CHECK(compare(kafka, here, reverse).size() == 3);
}

TEST_CASE("transcripts: what is known and does not come up any more is a finding") {
  const auto known = in_table("| more-settings | `admin: b` | `setting z…` | | because |\n");
  const auto findings = compare(kafka, kafka, known);
  REQUIRE(findings.size() == 1);
  CHECK(findings.front().find("'more-settings' does not come up any more") != std::string::npos);
  // Also if half of it does.
  const auto both = in_table("| y | `admin: b` | `setting y = 2` | `setting y = 4` | because |\n");
  CHECK(compare(kafka, "== admin: a\none\ntwo\nthree\n== admin: b\nsetting x = 1\nend\n", both).size() == 1);
}

TEST_CASE("transcripts: a list that is not there, or has rows without a reason, is an error") {
  const temporary_folder folder;
  std::ofstream{folder / "README.md"} << "# A broker\n";
  CHECK_THROWS_AS((void)known_differences(folder / "README.md"), std::runtime_error);
  CHECK_THROWS_AS((void)in_table("| x | `a` | `b` | `c` | |\n"), std::runtime_error);
  CHECK_THROWS_AS((void)in_table("| x | `a` | | | because |\n"), std::runtime_error);
  CHECK_THROWS_AS((void)in_table("| x | `a` | b | because |\n"), std::runtime_error);
  CHECK(in_table("").empty());
}

}  // namespace corka::test
