#include "scenario/diaries.hpp"
#include "support/world.hpp"

#include "async/timer.hpp"

#include <corka/group.hpp>

#include <doctest/doctest.h>

#include <cstdint>
#include <map>
#include <optional>
#include <stdexcept>
#include <string>
#include <vector>

namespace corka {

namespace {

using namespace std::chrono_literals;
using namespace test::diary;
using test::caught_up;
using test::world;

}  // namespace

TEST_SUITE("changes of joined rows") {
  TEST_CASE(
      "each change is called with the row before and after it, in the table's order; what changes nothing is not") {
    for (const auto kept : {world::copies::memory, world::copies::lmdb}) {
      world w{kept};
      make_topics(w, 2);
      processor p{diaries()};
      const auto run = w.start(p, w.member("a"));
      REQUIRE_MESSAGE(w.until([&] { return caught_up(w, p); }), test::story(w, p));
      w.write_all("profiles",
                  {{"anna", "A"}, {"bob", "B"}, {"anna", "AA"}, {"anna", "AA"}, {"anna", ""}, {"bob", "B"}});
      w.write("profiles", "anna", std::nullopt);
      w.write("profiles", "bob", std::nullopt);
      w.write("profiles", "bob", std::nullopt);
      w.write("profiles", "anna", "again");
      REQUIRE_MESSAGE(w.until([&] { return caught_up(w, p); }), test::story(w, p));
      CHECK(w.row(p, "anna") == "[->A][A>AA][AA>][>-][->again]");
      CHECK(w.row(p, "bob") == "[->B][B>-]");
      w.stop(p, run);
      CHECK(run.failure().empty());
      CHECK(w.table("diaries-table").at("bob") == "[->B][B>-]");
    }
  }

  TEST_CASE("what is in the table when the group begins is joined, and is no change; also if that is interrupted") {
    for (const bool interrupted : {false, true}) {
      world w;
      make_topics(w, 1);
      w.write_all("profiles", users(5'000, "known"));
      processor p{diaries()};
      auto run = w.start(p, w.member("a"));
      if (interrupted) {
        REQUIRE(w.until([&] { return w.committed("diaries", "profiles", 0) == 5'000; }));
        crash(w, p, run);
        w.write("profiles", "user1", "changed");
        run = w.start(p, w.member("a"));
      } else {
        REQUIRE(w.until([&] { return caught_up(w, p); }));
        w.write("profiles", "user1", "changed");
      }
      w.write("clicks", "user1", "page");
      w.write("clicks", "user2", "page");
      REQUIRE_MESSAGE(w.until([&] { return caught_up(w, p); }), test::story(w, p));
      CHECK(w.table("diaries-table") ==
            std::map<std::string, std::string>{{"user1", "[known>changed](changed)"}, {"user2", "(known)"}});
      w.stop(p, run);
    }
  }

  TEST_CASE("a record sees the old row until its change is called, and the new one from then on") {
    // The change waits behind a record that is suspended: with concurrency in the key's lane.
    for (const std::size_t concurrency : {1U, 8U}) {
      CAPTURE(concurrency);
      world w;
      make_topics(w, 1);
      w.write("profiles", "anna", "old");
      group<std::string> g{"diaries"};
      const input_options options{.concurrency = concurrency};
      const auto wait = [&w](context<std::string>& ctx, std::string text) -> task<> {
        const auto before = ctx.join(profiles).value_or("-");
        co_await async::sleep_for(w.threads.time(), 300ms);
        ctx.set(ctx.value().value_or("") + text + "(" + before + "," + ctx.join(profiles).value_or("-") + ")");
      };
      g.input(clicks, wait, options).join(profiles);
      g.on_change(profiles, [&w](context<std::string>& ctx, maybe old, maybe now) -> task<> {
        const auto own = ctx.value().value_or("");
        const auto joined = ctx.join(profiles).value_or("-");
        co_await async::sleep_for(w.threads.time(), 300ms);
        ctx.set(own + change_text(old, now) + joined);
      });
      processor p{g};
      const auto run = w.start(p, w.member("a"));
      REQUIRE(w.until([&] { return caught_up(w, p); }));
      w.write("clicks", "anna", "1");
      w.threads.advance(100ms);
      w.write("profiles", "anna", "new");
      w.threads.advance(250ms);
      w.write("clicks", "anna", "2");
      REQUIRE_MESSAGE(w.until([&] { return caught_up(w, p); }), test::story(w, p));
      CHECK(w.row(p, "anna") == "1(old,old)[old>new]new2(new,new)");
      w.stop(p, run);
    }
  }

  TEST_CASE("with concurrency records of other keys go on while a change is suspended") {
    world w;
    make_topics(w, 1);
    group<std::int64_t> g{"busy"};
    g.input(clicks,
            [](context<std::int64_t>& ctx, std::string) -> task<> {
              ctx.set(ctx.value().value_or(0) + 1);
              co_return;
            },
            {.concurrency = 4});
    g.join(profiles);
    bool changed = false;
    g.on_change(profiles, [&](context<std::int64_t>& ctx, maybe, maybe) -> task<> {
      co_await async::sleep_for(w.threads.time(), 10s);
      ctx.set(ctx.value().value_or(0) + 1000);
      changed = true;
    });
    processor p{g};
    const auto run = w.start(p, w.member("a"));
    REQUIRE(w.until([&] { return caught_up(w, p); }));
    w.write("profiles", "anna", "1");
    w.threads.advance(100ms);
    for (int i = 0; i < 5; ++i) w.write_all("clicks", {{"anna", "x"}, {"bob", "x"}});
    w.threads.advance(500ms);
    CHECK_FALSE(changed);
    CHECK(w.row(p, "bob") == "5");
    CHECK(w.row(p, "anna") == "(none)");
    REQUIRE_MESSAGE(w.until([&] { return caught_up(w, p); }), test::story(w, p));
    CHECK(w.row(p, "anna") == "1005");
    w.stop(p, run);
  }

  TEST_CASE("many changes leave records their turn: they are called in slices") {
    for (const auto order : {input_order::by_arrival, input_order::by_timestamp}) {
      world w;
      make_topics(w, 1);
      w.create("more", 1);
      int changes = 0;
      std::vector<int> changes_before;
      group<std::int64_t> g{"busy", {.order = order, .idle_wait = 0ms}};
      const auto note = [&](context<std::int64_t>&, const std::string&) { changes_before.push_back(changes); };
      g.input(clicks, note).input(stream<std::string>{"more"}, note).join(profiles);
      g.on_change(profiles, [&](context<std::int64_t>&, maybe, maybe) -> task<> {
        co_await async::sleep_for(w.threads.time(), 1ms);
        ++changes;
      });
      processor p{g};
      const auto run = w.start(p, w.member("a"));
      REQUIRE(w.until([&] { return caught_up(w, p); }));
      w.write_all("profiles", users(1'500, "1"));
      for (int i = 0; i < 5; ++i) {
        w.write("clicks", "anna", "x");
        w.threads.advance(150ms);
      }
      REQUIRE_MESSAGE(w.until([&] { return caught_up(w, p); }), test::story(w, p));
      CHECK(changes == 1'500);
      REQUIRE(changes_before.size() == 5);
      // Each waits for the slice that runs, at most 100 changes.
      CHECK(changes_before[0] <= 200);
      CHECK(changes_before[4] < 1'000);
      w.stop(p, run);
    }
  }

  TEST_CASE("changes may emit, loop and be awaited, read other tables, and be called in a stateless group") {
    world w;
    make_topics(w, 1);
    w.create("news", 1);
    w.write("profiles", "best", "Champion");
    group<> g{"reporters"};
    g.input(clicks, [](context<void>&, const std::string&) {});
    g.loop<std::string>(
        [](context<void>& ctx, const std::string& text) { ctx.emit(news, ctx.key(), "looped " + text); });
    g.join(profiles).lookup(profiles).output(news);
    g.on_change(profiles, [](context<void>& ctx, maybe old, maybe now) -> task<> {
      const auto at = co_await ctx.emit(news, ctx.key(), change_text(old, now)).acked();
      ctx.emit(news, ctx.key(),
               ctx.topic().str() + "@" + std::to_string(ctx.offset().value) + " acked " +
                   std::to_string(at.offset.value) + " beside " + ctx.lookup(profiles, "best").value_or("-"));
      ctx.loop(ctx.key(), std::string{"on"});
    });
    processor p{g, {.create_topics = topic_creation::all}};
    const auto run = w.start(p, w.member("a"));
    REQUIRE(w.until([&] { return caught_up(w, p); }));
    w.write("profiles", "anna", "1", {}, 1'234);
    REQUIRE_MESSAGE(w.until([&] { return caught_up(w, p) && w.records("news").size() == 3; }), test::story(w, p));
    std::vector<std::string> said;
    for (const auto& r : w.records("news")) said.push_back(*r.value);
    CHECK(said == std::vector<std::string>{"[->1]", "profiles@1 acked 0 beside Champion", "looped on"});
    w.stop(p, run);
  }

  TEST_CASE("a change that fails follows the group's policy: again, then passed over or put aside, in its order") {
    world w;
    make_topics(w, 1);
    w.create("aside", 1);
    for (const bool aside : {false, true}) {
      group<std::string> g{aside ? "puts-aside" : "skips"};
      int calls = 0;
      g.input(clicks, [](context<std::string>&, const std::string&) {}).join(profiles);
      g.on_change(profiles, [&](context<std::string>& ctx, maybe old, maybe now) {
        ctx.set(ctx.value().value_or("") + change_text(old, now));
        if (now == "bad" || (now == "flaky" && ++calls < 3)) throw std::runtime_error{"boom"};
      });
      failure_action last = skip_record{};
      if (aside) last = dead_letter{"aside"};
      g.on_failure({.callback = {.attempts = 4, .first_backoff = 10ms, .then = last}});
      processor p{g};
      const auto run = w.start(p, w.member("a"));
      REQUIRE(w.until([&] { return caught_up(w, p); }));
      w.write_all("profiles", {{"anna", "1"}, {"anna", "flaky"}, {"anna", "bad"}, {"anna", "2"}});
      REQUIRE_MESSAGE(w.until([&] { return caught_up(w, p); }), test::story(w, p));
      const auto first = aside ? "[2>1]" : "[->1]";
      CHECK(w.row(p, "anna") == std::string{first} + "[1>flaky][bad>2]");
      const auto letters = w.records("aside");
      CHECK(letters.size() == (aside ? 1 : 0));
      if (aside) CHECK(letters.front().value == "bad");
      w.stop(p, run);
      CHECK(run.failure().empty());
    }
  }

  TEST_CASE("a failing change stops the processor, names its place, and is called again when that is mended") {
    world w;
    make_topics(w, 1);
    bool mended = false;
    auto g = diaries();
    group<std::string> strict{"diaries"};
    strict.input(clicks, [](context<std::string>&, const std::string&) {}).join(profiles);
    strict.on_change(profiles, [&](context<std::string>& ctx, maybe old, maybe now) {
      if (now == "bad" && !mended) ctx.fail("cannot");
      ctx.set(ctx.value().value_or("") + change_text(old, now));
    });
    processor p{strict};
    auto run = w.start(p, w.member("a"));
    REQUIRE(w.until([&] { return caught_up(w, p); }));
    w.write_all("profiles", {{"anna", "1"}, {"anna", "bad"}, {"anna", "2"}});
    REQUIRE(w.until([&] { return run.ended(); }));
    CHECK_MESSAGE(run.failure().find("profiles/0@1, key \"anna\": cannot") != std::string::npos, run.failure());
    CHECK(w.committed("diaries", "profiles", 0) == 1);
    mended = true;
    run = w.start(p, w.member("a"));
    REQUIRE_MESSAGE(w.until([&] { return caught_up(w, p); }), test::story(w, p));
    CHECK(w.row(p, "anna") == "[->1][1>bad][bad>2]");
    w.stop(p, run);
  }

  TEST_CASE("rows that cannot be decoded follow the policy for decoding") {
    world w;
    make_topics(w, 1);
    const table<std::int64_t> numbers{"profiles"};
    std::vector<std::string> seen;
    group<std::string> g{"readers"};
    g.input(clicks, [](context<std::string>&, const std::string&) {}).join(numbers);
    g.on_change(numbers, [&](context<std::string>&, std::optional<std::int64_t>, std::optional<std::int64_t> now) {
      seen.push_back(std::to_string(now.value_or(-1)));
    });
    g.on_failure({.decoding = skip_record{}});
    processor p{g};
    const auto run = w.start(p, w.member("a"));
    REQUIRE(w.until([&] { return caught_up(w, p); }));
    w.write_all("profiles", {{"anna", "1"}, {"bob", "no number"}, {"cleo", "3"}});
    REQUIRE_MESSAGE(w.until([&] { return caught_up(w, p); }), test::story(w, p));
    CHECK(seen == std::vector<std::string>{"1", "3"});
    w.stop(p, run);
  }

  TEST_CASE("an update rule's rows are what is compared") {
    world w;
    make_topics(w, 1);
    const update_rule first_letter{"first letter", [](const table_update& update, std::string& instead) {
                                     if (update.key == "secret") return update_action::ignore;
                                     if (!update.value) return update_action::store;
                                     instead = update.value->substr(0, 1);
                                     return update_action::store_instead;
                                   }};
    group<std::string> g{"diaries"};
    g.input(clicks, [](context<std::string>&, const std::string&) {}).join(profiles, first_letter);
    g.on_change(profiles, [](context<std::string>& ctx, maybe old, maybe now) {
      ctx.set(ctx.value().value_or("") + change_text(old, now));
    });
    processor p{g};
    const auto run = w.start(p, w.member("a"));
    REQUIRE(w.until([&] { return caught_up(w, p); }));
    w.write_all("profiles", {{"anna", "Anna"}, {"anna", "Ann"}, {"secret", "x"}, {"anna", "Hanna"}});
    w.write("profiles", "anna", std::nullopt);
    REQUIRE_MESSAGE(w.until([&] { return caught_up(w, p); }), test::story(w, p));
    CHECK(w.row(p, "anna") == "[->A][A>H][H>-]");
    CHECK(w.row(p, "secret") == "(none)");
    w.stop(p, run);
  }

  TEST_CASE("middleware sees changes as a kind of their own") {
    world w;
    make_topics(w, 1);
    std::vector<std::string> calls;
    auto g = diaries();
    g.use([&](invocation& call) {
      calls.push_back(std::string{to_string(call.kind())} + " " + call.topic().str() + " " + std::string{call.key()});
    });
    processor p{g};
    const auto run = w.start(p, w.member("a"));
    REQUIRE(w.until([&] { return caught_up(w, p); }));
    w.write("profiles", "anna", "1");
    REQUIRE_MESSAGE(w.until([&] { return caught_up(w, p); }), test::story(w, p));
    w.write("clicks", "anna", "x");
    REQUIRE_MESSAGE(w.until([&] { return caught_up(w, p); }), test::story(w, p));
    CHECK(calls == std::vector<std::string>{"change profiles anna", "input clicks anna"});
    w.stop(p, run);
  }
}

}  // namespace corka
