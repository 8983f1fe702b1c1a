#include "table/recovery_fsm.hpp"

#include <doctest/doctest.h>

#include <optional>
#include <string>
#include <variant>

namespace corka::test {

using tables::recovery_fsm;

namespace {

constexpr std::int64_t hour = 3'600'000;
constexpr std::int64_t now = 1'000 * hour;

std::string text(const recovery_fsm::action& a) {
  if (const auto* f = std::get_if<recovery_fsm::fetch>(&a)) return "fetch " + std::to_string(f->from.value);
  if (const auto* w = std::get_if<recovery_fsm::wipe>(&a)) return "wipe: " + w->why;
  return "done " + std::to_string(std::get<recovery_fsm::done>(a).at.value);
}

store::identity users() { return {"users-table", "id-1", 3, "json"}; }

tables::local_copy copy(std::int64_t at, std::int64_t written_ms = now) {
  tables::local_copy c{users(), {}};
  c.at.changelog = offset{at};
  c.at.written_ms = written_ms;
  return c;
}

tables::changelog log(std::int64_t low, std::int64_t high) {
  return {users(), {offset{low}, offset{high}}, now, std::chrono::hours{24}};
}

}  // namespace

TEST_CASE("recovery: where a copy stands decides where reading begins") {
  struct row {
    const char* what;
    std::optional<tables::local_copy> local;
    tables::changelog log;
    const char* action;
  };
  const row table[]{
      {"no copy, no records", std::nullopt, log(0, 0), "done 0"},
      {"no copy, all records deleted", std::nullopt, log(7, 7), "done 7"},
      {"no copy", std::nullopt, log(0, 100), "fetch 0"},
      {"no copy, the front is deleted", std::nullopt, log(40, 100), "fetch 40"},
      {"at the start of an empty changelog", copy(0), log(0, 0), "done 0"},
      {"at the end", copy(100), log(0, 100), "done 100"},
      {"at the end, where all is deleted", copy(100), log(100, 100), "done 100"},
      {"in the middle", copy(60), log(0, 100), "fetch 60"},
      {"at the front", copy(40), log(40, 100), "fetch 40"},
      {"one before the front", copy(39), log(40, 100), "wipe: it stands at offset 39, but the changelog begins at 40"},
      {"before the front, where all is deleted", copy(39), log(40, 40),
       "wipe: it stands at offset 39, but the changelog begins at 40"},
      {"past the end", copy(101), log(0, 100), "wipe: it stands at offset 101, but the changelog ends at 100"},
      {"past the end of an empty changelog", copy(1), log(0, 0),
       "wipe: it stands at offset 1, but the changelog ends at 0"},
      {"as old as erasures are kept", copy(60, now - 24 * hour), log(0, 100), "fetch 60"},
      {"older than erasures are kept", copy(60, now - 30 * hour), log(0, 100),
       "wipe: it is 30 hours old, and the changelog keeps erasures for 24 hours only"},
      {"older, but nothing came since", copy(100, now - 30 * hour), log(0, 100), "done 100"},
      {"of unknown age", copy(60, 0), log(0, 100), "fetch 60"},
      {"from the future", copy(60, now + 30 * hour), log(0, 100), "fetch 60"},
  };
  for (const auto& r : table) {
    CAPTURE(r.what);
    recovery_fsm fsm;
    CHECK(text(fsm.started(r.local, r.log)) == r.action);
  }
}

TEST_CASE("recovery: erasures that are kept for ever make no copy too old") {
  auto for_ever = log(0, 100);
  for_ever.erasures_kept = {};
  recovery_fsm fsm;
  CHECK(text(fsm.started(copy(60, 1), for_ever)) == "fetch 60");
}

TEST_CASE("recovery: a copy of something else is dropped, whatever its offset") {
  const auto with = [](auto change) {
    auto c = copy(100);
    change(c.of);
    recovery_fsm fsm;
    return text(fsm.started(c, log(0, 100)));
  };
  CHECK(with([](store::identity&) {}) == "done 100");
  CHECK(with([](store::identity& i) { i.topic = "other"; }) ==
        "wipe: it is a copy of topic 'other', not of 'users-table'");
  CHECK(with([](store::identity& i) { i.partition = 2; }) == "wipe: it is a copy of partition 2, not of 3");
  CHECK(with([](store::identity& i) { i.topic_id = "id-2"; }) ==
        "wipe: topic 'users-table' was deleted and made again since");
  CHECK(with([](store::identity& i) { i.codec = "text"; }) == "wipe: its values are of codec 'text', not 'json'");
  CHECK(with([](store::identity& i) { i.topic_id = ""; }) == "done 100");
}

TEST_CASE("recovery: after the drop everything is read, or nothing if there is nothing") {
  recovery_fsm fsm;
  REQUIRE(std::holds_alternative<recovery_fsm::wipe>(fsm.started(copy(39), log(40, 100))));
  CHECK(text(fsm.wiped()) == "fetch 40");
  REQUIRE(std::holds_alternative<recovery_fsm::wipe>(fsm.started(copy(39), log(40, 40))));
  CHECK(text(fsm.wiped()) == "done 40");
}

TEST_CASE("recovery: the position decides when it is over, also past holes and past the end") {
  recovery_fsm fsm;
  CHECK(text(fsm.started(std::nullopt, log(0, 100))) == "fetch 0");
  CHECK(text(fsm.advanced(offset{50})) == "fetch 50");
  CHECK(text(fsm.advanced(offset{99})) == "fetch 99");
  CHECK(text(fsm.advanced(offset{100})) == "done 100");
  CHECK(text(fsm.advanced(offset{130})) == "done 130");
}

TEST_CASE("recovery: a changelog that moved is judged anew") {
  recovery_fsm fsm;
  CHECK(text(fsm.started(copy(60), log(0, 100))) == "fetch 60");
  CHECK(text(fsm.started(copy(60), log(80, 120))) == "wipe: it stands at offset 60, but the changelog begins at 80");
  CHECK(text(fsm.wiped()) == "fetch 80");
  CHECK(text(fsm.advanced(offset{100})) == "fetch 100");
}

TEST_CASE("recovery: what is to be announced is left, from a position or from the copy on") {
  struct row {
    const char* what;
    std::optional<tables::local_copy> local;
    std::optional<std::int64_t> from;
    const char* action;
    std::int64_t end;
  };
  const row table[]{
      {"a copy, no position: it is taken as it is", copy(60), std::nullopt, "done 60", 60},
      {"no copy, no position: nothing is left", std::nullopt, std::nullopt, "fetch 40", 100},
      {"a copy behind the position", copy(60), 80, "fetch 60", 80},
      {"a copy at the position", copy(80), 80, "done 80", 80},
      {"a copy ahead of the position", copy(90), 80, "done 90", 80},
      {"no copy, a position", std::nullopt, 80, "fetch 40", 80},
      {"no copy, a position that is deleted", std::nullopt, 30, "done 40", 30},
      {"a position past the end", copy(60), 200, "fetch 60", 100},
      {"a copy that is stale all the same", copy(60, now - 30 * hour), 80,
       "wipe: it is 30 hours old, and the changelog keeps erasures for 24 hours only", 0},
      {"stale, and where it stood means nothing", copy(60, now - 30 * hour), std::nullopt,
       "wipe: it is 30 hours old, and the changelog keeps erasures for 24 hours only", 0},
  };
  for (const auto& r : table) {
    CAPTURE(r.what);
    auto changelog = log(40, 100);
    changelog.left.emplace();
    if (r.from) changelog.left->from = offset{*r.from};
    recovery_fsm fsm;
    auto next = fsm.started(r.local, changelog);
    CHECK(text(next) == r.action);
    if (std::holds_alternative<recovery_fsm::wipe>(next)) {
      CHECK(text(fsm.wiped()) == "fetch 40");
      CHECK(fsm.end() == offset{r.from.value_or(100)});
      continue;
    }
    CHECK(fsm.end() == offset{r.end});
    CHECK(text(fsm.advanced(offset{r.end})) == "done " + std::to_string(r.end));
  }
}

}  // namespace corka::test
