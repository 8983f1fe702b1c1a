#include "table/overlay.hpp"

#include <doctest/doctest.h>

#include <map>
#include <optional>
#include <random>
#include <string>

namespace corka::tables {

namespace {

/// Writes what a freeze took into a map, as a store would.
void save(const frozen_rows& frozen, std::map<std::string, std::string>& to) {
  for (const auto& change : frozen.changes) {
    if (change.erase) to.erase(std::string{change.key});
    else to[std::string{change.key}] = change.value;
  }
}

}  // namespace

TEST_SUITE("overlay") {
  TEST_CASE("a row is absent and not loaded until the store has answered") {
    overlay o;
    auto& r = o.at("anna");
    CHECK_FALSE(r.loaded);
    o.loaded(r, "3");
    CHECK(r.loaded);
    CHECK(r.present);
    CHECK(r.value == "3");
    CHECK(&o.at("anna") == &r);
  }

  TEST_CASE("it knows whether the store has everything, from the first write to the thaw that leaves nothing") {
    overlay o;
    CHECK(o.all_saved());
    auto& anna = o.at("anna");
    o.loaded(anna, "1");
    CHECK(o.all_saved());
    o.write(anna, "2");
    CHECK_FALSE(o.all_saved());
    (void)o.freeze();
    CHECK_FALSE(o.all_saved());
    o.erase(o.at("bert"));
    o.thaw();
    CHECK_FALSE(o.all_saved());
    (void)o.freeze();
    o.thaw();
    CHECK(o.all_saved());
    o.write(anna, "3");
    CHECK_FALSE(o.all_saved());
    o.clear();
    CHECK(o.all_saved());
  }

  TEST_CASE("an answer that comes after a write does not undo the write") {
    overlay o;
    auto& r = o.at("anna");
    o.write(r, "new");
    o.loaded(r, "old");
    CHECK(r.value == "new");
    o.erase(r);
    o.loaded(r, "old");
    CHECK_FALSE(r.present);
  }

  TEST_CASE("a freeze takes what is dirty at that moment, later writes wait for the next") {
    overlay o;
    o.write(o.at("b"), "1");
    o.write(o.at("a"), "1");
    o.erase(o.at("c"));
    auto frozen = o.freeze();
    o.write(o.at("a"), "2");
    frozen.sort();
    REQUIRE(frozen.changes.size() == 3);
    CHECK(frozen.changes[0].key == "a");
    CHECK(frozen.changes[0].value == "1");
    CHECK(frozen.changes[1].key == "b");
    CHECK(frozen.changes[2].erase);
    CHECK(o.dirty_rows() == 1);
    o.thaw();
    const auto next = o.freeze();
    REQUIRE(next.changes.size() == 1);
    CHECK(next.changes[0].value == "2");
  }

  TEST_CASE("eviction keeps rows that the store does not have yet") {
    overlay o;
    for (int i = 0; i < 100; ++i) o.loaded(o.at("clean" + std::to_string(i)), std::string(100, 'x'));
    o.write(o.at("dirty"), "1");
    o.write(o.at("frozen"), "1");
    const auto frozen = o.freeze();
    o.write(o.at("dirty"), "2");
    o.evict(0);
    CHECK(o.find("clean7") == nullptr);
    REQUIRE(o.find("dirty") != nullptr);
    REQUIRE(o.find("frozen") != nullptr);
    o.thaw();
    o.evict(0);
    CHECK(o.find("frozen") == nullptr);
    CHECK(o.find("dirty")->value == "2");
  }

  TEST_CASE("eviction drops rows unused since the last one first") {
    overlay o;
    for (int i = 0; i < 10; ++i) o.loaded(o.at(std::to_string(i)), std::string(1'000, 'x'));
    const auto all = o.bytes();
    o.evict(all - 1);  // forgets who was used, drops at least one
    o.at("9");
    o.evict(all / 2);
    CHECK(o.find("9") != nullptr);
    CHECK(o.bytes() <= all / 2);
  }

  TEST_CASE("overlay over store is the table, whatever happens in between") {
    std::mt19937 random{11};
    overlay o;
    std::map<std::string, std::string> store;
    std::map<std::string, std::string> truth;
    std::optional<frozen_rows> frozen;
    for (int step = 0; step < 30'000; ++step) {
      const auto key = "k" + std::to_string(random() % 200);
      auto& r = o.at(key);
      if (!r.loaded) {
        const auto found = store.find(key);
        o.loaded(r, found == store.end() ? std::nullopt : std::optional<std::string_view>{found->second});
      }
      const auto expected = truth.find(key);
      REQUIRE(r.present == (expected != truth.end()));
      if (r.present) REQUIRE(r.value == expected->second);
      switch (random() % 4) {
        case 0:
          o.erase(r);
          truth.erase(key);
          break;
        case 1: break;
        default: {
          const auto value = std::to_string(random() % 100'000);
          o.write(r, value);
          truth[key] = value;
        }
      }
      if (step % 97 == 0 && !frozen) frozen = o.freeze();
      if (step % 97 == 60 && frozen) {
        save(*frozen, store);
        frozen.reset();
        o.thaw();
      }
      if (step % 31 == 0) o.evict(4'000);
    }
    if (frozen) {
      save(*frozen, store);
      o.thaw();
    }
    save(o.freeze(), store);
    const bool same = store == truth;
    CHECK(same);
  }
}

}  // namespace corka::tables
