#include "table/row_pages.hpp"

#include "store/memory/memory_factory.hpp"

#include <doctest/doctest.h>

#include <map>
#include <random>
#include <string>
#include <vector>

namespace corka::test {

using tables::page_limit;

namespace {

/// Rows spread over partitions by their keys.
struct spread {
  explicit spread(std::int32_t partitions) {
    for (std::int32_t p = 0; p < partitions; ++p) stores.push_back(factory.open(std::to_string(p)).store);
  }
  void put(const std::string& key, const std::string& value) {
    put_in(partition_of(key, static_cast<std::int32_t>(stores.size())).value, key, value);
    model[key] = value;
  }
  void put_in(std::int32_t partition, const std::string& key, const std::string& value) {
    const store::change row{key, value, false};
    stores[static_cast<std::size_t>(partition)]->apply({&row, 1}, {}, {});
  }
  bool page(const key_range& which, page_limit limit, std::vector<std::pair<std::string, std::string>>& into) const {
    std::vector<std::unique_ptr<store::snapshot>> snapshots;
    for (const auto& s : stores) snapshots.push_back(s->read());
    return tables::merged_rows(snapshots, partitioner::fnv1a, which, limit,
                               [&](std::string_view key, std::string_view value) { into.emplace_back(key, value); });
  }
  /// Every page of the range, one after another.
  [[nodiscard]] std::vector<std::pair<std::string, std::string>> all(key_range which, page_limit limit) const {
    std::vector<std::pair<std::string, std::string>> rows;
    while (page(which, limit, rows)) which = which.after(rows.back().first);
    return rows;
  }
  [[nodiscard]] std::vector<std::pair<std::string, std::string>> expected(const key_range& which) const {
    std::vector<std::pair<std::string, std::string>> rows;
    for (const auto& [key, value] : model) {
      if (key >= which.from && (!which.to || key < *which.to)) rows.emplace_back(key, value);
    }
    if (which.order == key_order::descending) std::reverse(rows.begin(), rows.end());
    return rows;
  }

  store::memory::memory_factory factory;
  std::vector<std::unique_ptr<store::table_store>> stores;
  std::map<std::string, std::string> model;
};

}  // namespace

TEST_CASE("row pages: any range, in any pages, over any partitions, both ways, is the table in key order") {
  std::mt19937 random{3};
  const auto some_key = [&] {
    std::string key;
    const auto size = random() % 4;
    for (std::size_t i = 0; i < size; ++i) key += "\x00\x01za\xff"[random() % 5];
    return key;
  };
  for (const std::int32_t partitions : {1, 2, 7}) {
    spread table{partitions};
    for (int i = 0; i < 300; ++i) table.put(some_key(), std::to_string(i));
    for (int i = 0; i < 200; ++i) {
      key_range which;
      which.from = some_key();
      if (random() % 2 == 0) which.to = some_key();
      if (random() % 2 == 0) which.order = key_order::descending;
      page_limit limit;
      limit.rows = 1 + random() % 20;
      if (random() % 3 == 0) limit.bytes = 1 + random() % 30;
      CHECK(table.all(which, limit) == table.expected(which));
    }
  }
}

TEST_CASE("row pages: a prefix is every key that begins with it") {
  spread table{3};
  for (const auto* key : {"", "a", "ab", "ab\xff", "ab\xff\xff", "abc", "ac", "b", "\xff", "\xff\xff"})
    table.put(key, "v");
  const auto count = [&](std::string prefix) { return table.all(key_range::prefix(std::move(prefix)), {}).size(); };
  CHECK(count("") == 10);
  CHECK(count("a") == 6);
  CHECK(count("ab") == 4);
  CHECK(count("ab\xff") == 2);
  CHECK(count("\xff") == 2);
  CHECK(count("\xff\xff") == 1);
  CHECK(count("c") == 0);
}

TEST_CASE("row pages: a page says whether there are more, and takes at least one row") {
  spread table{2};
  for (int i = 0; i < 5; ++i) table.put(std::to_string(i), std::string(100, 'v'));
  std::vector<std::pair<std::string, std::string>> rows;
  CHECK(table.page({}, {.rows = 4}, rows));
  CHECK(rows.size() == 4);
  rows.clear();
  CHECK_FALSE(table.page({}, {.rows = 5}, rows));
  CHECK(rows.size() == 5);
  rows.clear();
  CHECK(table.page({}, {.rows = 5, .bytes = 1}, rows));
  CHECK(rows.size() == 1);
}

TEST_CASE("row pages: of a key that is in several partitions, the row in its own counts, once") {
  spread table{4};
  const std::string key = "anna";
  const auto own = partition_of(key, 4).value;
  for (std::int32_t p = 0; p < 4; ++p) table.put_in(p, key, p == own ? "own" : "old");
  const auto rows = table.all({}, {});
  REQUIRE(rows.size() == 1);
  CHECK(rows[0].second == "own");
}

}  // namespace corka::test
