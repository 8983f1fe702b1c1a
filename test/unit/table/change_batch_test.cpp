#include "table/change_batch.hpp"

#include <doctest/doctest.h>

#include <map>
#include <optional>
#include <random>
#include <string>

namespace corka::test {

namespace {

record written(std::string_view key, std::string_view value) {
  record r;
  r.key = key;
  r.value = value;
  return r;
}

record erased(std::string_view key) {
  record r;
  r.key = key;
  r.value = "never looked at";
  r.tombstone = true;
  return r;
}

using table = std::map<std::string, std::optional<std::string>>;

/// Also checks the order, and that no key comes twice.
table content(tables::change_batch& batch) {
  table t;
  const store::change* before = nullptr;
  for (const auto& c : batch.sorted()) {
    if (before != nullptr) REQUIRE(before->key < c.key);
    before = &c;
    t[std::string{c.key}] = c.erase ? std::nullopt : std::optional{std::string{c.value}};
  }
  return t;
}

}  // namespace

TEST_CASE("change batch: the last change of a key counts") {
  tables::change_batch batch;
  for (const auto& r : {written("b", "1"), written("a", "1"), written("b", "2"), erased("a"), erased("c"),
                        written("c", ""), erased("d")}) {
    batch.add(r);
  }
  CHECK(batch.records() == 7);
  CHECK(content(batch) == table{{"a", std::nullopt}, {"b", "2"}, {"c", ""}, {"d", std::nullopt}});
}

TEST_CASE("change batch: keys that agree in their first bytes are ordered by the rest, unsigned, shorter first") {
  tables::change_batch batch;
  const std::string zeros(9, '\0');
  const std::string keys[]{"",          zeros.substr(0, 1), zeros,           "12345678",
                           "12345678a", "12345678\xff",     "12345678a\x01", "\xff"};
  for (const auto& key : keys) batch.add(written(key, "v" + key));
  table expected;
  for (const auto& key : keys) expected[key] = "v" + key;
  CHECK(content(batch) == expected);
}

TEST_CASE("change batch: bytes are copied, and one that was cleared is as new") {
  tables::change_batch batch;
  std::mt19937 random{3};
  for (int round = 0; round < 3; ++round) {
    table expected;
    for (int i = 0; i < 5000; ++i) {
      std::string key = std::to_string(random() % 1000);
      std::string value(random() % (i % 100 == 0 ? 3'000'000 / (i + 100) : 600), static_cast<char>('a' + i % 26));
      batch.add(written(key, value));
      expected[key] = value;
      key.assign(key.size(), '?');
      value.assign(value.size(), '?');
    }
    CHECK(batch.bytes() > 1'000'000);
    CHECK(content(batch) == expected);
    batch.clear();
    CHECK(batch.records() == 0);
    CHECK(batch.bytes() == 0);
    CHECK(batch.sorted().empty());
  }
}

TEST_CASE("change batch: values larger than its blocks") {
  tables::change_batch batch;
  const std::string large(5'000'000, 'l');
  batch.add(written("a", "1"));
  batch.add(written("b", large));
  batch.add(written("c", "3"));
  CHECK(content(batch) == table{{"a", "1"}, {"b", large}, {"c", "3"}});
  batch.clear();
  batch.add(written("d", large));
  CHECK(content(batch) == table{{"d", large}});
}

TEST_CASE("change batch: every change and its place, in the order they came, where that is asked for") {
  tables::change_batch batch;
  batch.keep_places();
  for (int round = 0; round < 2; ++round) {
    auto r = written("b", "1");
    r.at = offset{7};
    r.timestamp_ms = 70;
    batch.add(r);
    r = erased("a");
    r.at = offset{9};
    r.timestamp_ms = -1;
    batch.add(r);
    r = written("b", "2");
    r.at = offset{10};
    batch.add(r);
    REQUIRE(batch.sorted().size() == 2);
    REQUIRE(batch.arrived().size() == 3);
    CHECK(batch.arrived()[0].value == "1");
    CHECK(batch.arrived()[1].key == "a");
    CHECK(batch.arrived()[1].erase);
    REQUIRE(batch.places().size() == 3);
    CHECK(batch.places()[0].at == offset{7});
    CHECK(batch.places()[0].timestamp_ms == 70);
    CHECK(batch.places()[1].at == offset{9});
    CHECK(batch.places()[2].at == offset{10});
    batch.clear();
    CHECK(batch.places().empty());
  }
}

}  // namespace corka::test
