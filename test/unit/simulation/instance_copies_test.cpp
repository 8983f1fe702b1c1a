// What is left of an instance's local copies.
#include "simulation/instance_copies.hpp"
#include "support/temporary_folder.hpp"

#include <doctest/doctest.h>

#include <cstdint>
#include <filesystem>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <utility>
#include <vector>

using namespace corka;
using namespace corka::simulation_parts;
using namespace corka::test;

namespace {

const store::identity users{"users-table", "id-1", 0, "text"};

/// The n-th apply: the row says which one it was.
void apply(store::table_store& to, std::int64_t n) {
  const auto value = std::to_string(n);
  const std::vector<store::change> changes{{"row", value}};
  store::checkpoint at;
  at.changelog = offset{n};
  to.apply(changes, users, at);
}

/// Which apply a copy stands at; 0: none. Its row is of the same one.
std::int64_t stands_at(const store::table_store& s) {
  const auto at = s.last_checkpoint();
  std::map<std::string, std::string> rows;
  s.read()->range({}, {}, false, [&](std::string_view key, std::string_view value) {
    rows.emplace(key, value);
    return true;
  });
  if (!at) {
    CHECK(rows.empty());
    CHECK_FALSE(s.is_copy_of());
    return 0;
  }
  CHECK(s.is_copy_of() == users);
  CHECK(rows == std::map<std::string, std::string>{{"row", std::to_string(at->changelog.value)}});
  return at->changelog.value;
}

using found = std::set<std::pair<std::int64_t, std::string>>;

/// Two applies before a `close`, two after it, then the power fails: where the copy stands, and why, by many seeds.
template <class Make>
found after_power_failures(Make make, bool closes_again) {
  found all;
  for (std::uint64_t seed = 0; seed < 60; ++seed) {
    const temporary_folder folder;
    const auto copies = make(dice{seed});
    for (const std::int64_t first : {1, 3}) {
      const auto opened = copies->open(folder / "t");
      CHECK(opened.why_dropped.empty());
      CHECK(stands_at(*opened.store) == first - 1);
      apply(*opened.store, first);
      apply(*opened.store, first + 1);
      if (first == 1 || closes_again) opened.store->close();
    }
    copies->power_failed();
    const auto opened = copies->open(folder / "t");
    auto why = opened.why_dropped;
    if (why.find("is cut short") != std::string::npos) why = "it is torn";
    all.emplace(stands_at(*opened.store), why);
    apply(*opened.store, 9);
    CHECK(stands_at(*opened.store) == 9);
  }
  return all;
}

auto in_memory(copy_manner manner) {
  return [manner](dice by) { return copies_in_memory(manner, by); };
}

const std::string restarted = "the machine was restarted before it was closed";

}  // namespace

TEST_CASE("copies, marked: a power failure after a write drops them, as LMDB does; closed ones stay") {
  CHECK(after_power_failures(in_memory(copy_manner::marked), false) == found{{0, restarted}, {0, "it is torn"}});
  CHECK(after_power_failures(in_memory(copy_manner::marked), true) == found{{4, ""}, {0, "it is torn"}});
}

TEST_CASE("copies, LMDB: the same as those that are marked") {
  auto left = after_power_failures(copies_in_lmdb, false);
  left.erase({0, ""});  // what was cut down to its head is as one that never had rows: not worth a word
  CHECK(left == found{{0, restarted}});
  CHECK(after_power_failures(copies_in_lmdb, true) == found{{4, ""}, {0, "it is torn"}});
}

TEST_CASE("copies, journal: a power failure leaves any state since the last close") {
  CHECK(after_power_failures(in_memory(copy_manner::journal), false) ==
        found{{2, ""}, {3, ""}, {4, ""}, {0, "it is torn"}});
  CHECK(after_power_failures(in_memory(copy_manner::journal), true) == found{{4, ""}, {0, "it is torn"}});
}

TEST_CASE("copies: a process that dies without closing leaves the last apply, a new disk nothing") {
  const temporary_folder folder;
  for (const auto& copies : {copies_in_memory(copy_manner::marked, dice{1}),
                             copies_in_memory(copy_manner::journal, dice{1}), copies_in_lmdb(dice{1})}) {
    {
      const auto opened = copies->open(folder / "t");
      apply(*opened.store, 1);
      CHECK_THROWS(static_cast<void>(copies->open(folder / "t")));
    }
    CHECK(stands_at(*copies->open(folder / "t").store) == 1);
    {
      const auto opened = copies->open(folder / "t");
      opened.store->clear();
    }
    CHECK(stands_at(*copies->open(folder / "t").store) == 0);
    apply(*copies->open(folder / "t").store, 2);
    copies->lost();
    const auto anew = copies->open(folder / "t");
    CHECK(stands_at(*anew.store) == 0);
    CHECK(anew.why_dropped.empty());
  }
}
