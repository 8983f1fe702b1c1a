#include "query/cluster_pages.hpp"

#include "base/dice.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <string>
#include <vector>

using namespace corka;
using namespace std::string_literals;
using query::merge_pages;
using query::rows_page;

namespace {

rows_page part(std::vector<std::string> keys, bool more, std::vector<std::int32_t> partitions) {
  rows_page p;
  for (auto& k : keys) p.rows.push_back({k, "\"" + k + "\""});
  p.more = more;
  for (const auto n : partitions) p.partitions.emplace_back(n);
  return p;
}

/// "a b c ..." ; "..." where there is more.
std::string keys(const rows_page& p) {
  std::string all;
  for (const auto& r : p.rows) all += r.key + " ";
  return all + (p.more ? "..." : "|");
}

}  // namespace

TEST_CASE("pages: parts are merged in key order, and none beyond what a part that has more says") {
  CHECK(keys(merge_pages({part({"a", "c"}, false, {0}), part({"b", "d"}, false, {1})}, 10, key_order::ascending)) ==
        "a b c d |");
  // Between c and e of the second there may be rows of the first.
  CHECK(keys(merge_pages({part({"a", "c"}, true, {0}), part({"b", "e"}, false, {1})}, 10, key_order::ascending)) ==
        "a b c ...");
  CHECK(keys(merge_pages({part({"d", "b"}, true, {0}), part({"c", "a"}, false, {1})}, 10, key_order::descending)) ==
        "d c b ...");
}

TEST_CASE("pages: the limit counts for all parts together") {
  const auto page =
      merge_pages({part({"a", "c"}, false, {3, 0}), part({"b", "d"}, false, {1})}, 2, key_order::ascending);
  CHECK(keys(page) == "a b ...");
  CHECK(page.partitions == std::vector{partition_id{0}, partition_id{1}, partition_id{3}});
  CHECK(keys(merge_pages({part({"a"}, false, {0}), part({"b"}, false, {1})}, 2, key_order::ascending)) == "a b |");
}

TEST_CASE("pages: a row that two parts have is there once, as the first has it") {
  auto second = part({"a", "b"}, false, {0});
  second.rows[0].json = "\"old\"";
  const auto page = merge_pages({part({"a"}, false, {0}), second}, 10, key_order::ascending);
  CHECK(keys(page) == "a b |");
  CHECK(page.rows[0].json == "\"a\"");
  CHECK(page.partitions.size() == 1);
}

TEST_CASE("pages: going from page to page gives every row once, however they are spread") {
  for (std::uint64_t seed = 1; seed <= 50; ++seed) {
    CAPTURE(seed);
    dice random{seed};
    std::vector<std::vector<std::string>> spread(1 + random.below(4));
    std::vector<std::string> all;
    for (int i = 0; i < 60; ++i) {
      const auto key = std::to_string(100 + i);
      all.push_back(key);
      spread[random.below(spread.size())].push_back(key);
    }
    const std::size_t limit = 1 + random.below(9);
    std::vector<std::string> seen;
    std::string after;
    for (int pages = 0; pages < 100; ++pages) {
      std::vector<rows_page> parts;
      for (const auto& some : spread) {
        std::vector<std::string> left;
        std::ranges::copy_if(some, std::back_inserter(left), [&](const auto& k) { return k > after; });
        const bool more = left.size() > limit;
        if (more) left.resize(limit);
        parts.push_back(part(left, more, {}));
      }
      const auto page = merge_pages(std::move(parts), limit, key_order::ascending);
      for (const auto& r : page.rows) seen.push_back(r.key);
      if (!page.more) break;
      REQUIRE(!page.rows.empty());
      after = page.rows.back().key;
    }
    CHECK(seen == all);
  }
}

TEST_CASE("pages: lines carry any key, and JSON as it is") {
  rows_page page;
  page.rows = {{"", "1"}, {"\0\n \xff"s, "{\"a\":\n  12345678901234567890123.0}"}, {"k", "\"x y\""}};
  page.more = true;
  page.partitions = {partition_id{2}, partition_id{5}};
  const auto back = query::from_lines(query::to_lines(page));
  REQUIRE(back);
  REQUIRE(back->rows.size() == 3);
  CHECK(back->rows[0].key.empty());
  CHECK(back->rows[1].key == "\0\n \xff"s);
  CHECK(back->rows[1].json == "{\"a\":   12345678901234567890123.0}");
  CHECK(back->rows[2].json == "\"x y\"");
  CHECK(back->more);
  CHECK(back->partitions == page.partitions);
}

TEST_CASE("pages: lines that are cut off, or none, are no page") {
  rows_page page;
  page.rows = {{"a", "1"}, {"b", "2"}};
  const auto whole = query::to_lines(page);
  REQUIRE(query::from_lines(whole));
  for (std::size_t n = 0; n < whole.size(); ++n) CHECK(!query::from_lines(whole.substr(0, n)));
  CHECK(!query::from_lines("[]\n"));
  CHECK(!query::from_lines(R"({"partitions":[],"more":false,"rows":1})"
                           "\nnospace\n"));
  CHECK(!query::from_lines(R"({"partitions":[],"more":false,"rows":1})"
                           "\n% 1\n"));
  for (const auto* const head :
       {R"({"partitions":[],"more":1,"rows":0})", R"({"partitions":[-1],"more":false,"rows":0})",
        R"({"partitions":[4294967296],"more":false,"rows":0})", R"({"partitions":[0.5],"more":false,"rows":0})",
        R"({"partitions":{},"more":false,"rows":0})", R"({"partitions":[],"more":false,"rows":-1})", "3", "{}"})
    CHECK_MESSAGE(!query::from_lines(std::string{head} + "\n"), head);
}

TEST_CASE("pages: a value that is no JSON of its own is not taken into a page") {
  const auto with = [](const std::string& value) {
    return query::from_lines(R"({"partitions":[0],"more":false,"rows":1})"
                             "\nYQ " +
                             value + "\n");
  };
  CHECK(with("1"));
  for (const auto* const value : {"", "1},{\"key\":\"b\",\"value\":2", "nonsense", "[1"}) CHECK(!with(value));
}
