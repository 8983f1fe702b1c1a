#include "support/world.hpp"

#include <corka/group.hpp>
#include <corka/replay.hpp>

#include <doctest/doctest.h>

#include <algorithm>
#include <optional>
#include <stdexcept>
#include <string>
#include <vector>

namespace corka {

namespace {

using namespace std::chrono_literals;
using test::caught_up;
using test::world;

const stream<std::string> orders{"orders"};

/// A group that puts aside what it cannot stomach, until it is mended.
group<std::string> picky(const bool& mended) {
  group<std::string> g{"g"};
  g.input(orders, [&mended](context<std::string>& ctx, const std::optional<std::string>& text) {
    if (!mended && text != "fine") throw std::runtime_error{"boom"};
    ctx.set(text.value_or("gone"));
  });
  g.on_failure({.callback = {.then = dead_letter{"dead"}}});
  return g;
}

}  // namespace

TEST_SUITE("replay") {
  TEST_CASE("dead letters go back to their topic as they were, once, and a replay ends by itself") {
    world w;
    w.create("orders", 2);
    w.create("dead", 3);
    bool mended = false;
    const auto g = picky(mended);
    processor p{g};
    const auto run = w.start(p, w.member("a"));
    const std::vector<header_view> headers{{"trace", "1"}, {"trace", std::nullopt}};
    w.write("orders", "anna", "poison", headers);
    w.write("orders", "bob", std::nullopt);
    w.write("orders", "cleo", "fine");
    REQUIRE(w.until([&] { return caught_up(w, p); }));
    REQUIRE(w.records("dead").size() == 2);
    mended = true;

    replay back{"dead", {.into = {"orders"}}};
    const auto first = w.start(back, w.member("b"));
    REQUIRE(w.until([&] { return first.ended(); }));
    CHECK(first.failure().empty());
    CHECK(back.sent() == 2);
    REQUIRE(w.until([&] { return caught_up(w, p); }));
    CHECK(w.row(p, "anna") == "poison");
    CHECK(w.row(p, "bob") == "gone");
    const auto all = w.records("orders");
    REQUIRE(all.size() == 5);
    std::vector<test::seen> annas;
    std::ranges::copy_if(all, std::back_inserter(annas), [](const auto& r) { return r.key == "anna"; });
    REQUIRE(annas.size() == 2);
    CHECK(annas[1].value == annas[0].value);
    CHECK(annas[1].timestamp_ms == annas[0].timestamp_ms);
    REQUIRE(annas[1].headers.size() == 2);
    CHECK(annas[1].headers[0].value == "1");
    CHECK_FALSE(annas[1].headers[1].value);

    // The next one goes on after them: there is nothing.
    replay again{"dead", {.into = {"orders"}}};
    const auto second = w.start(again, w.member("b"));
    REQUIRE(w.until([&] { return second.ended(); }));
    CHECK(again.sent() == 0);
    w.stop(p, run);
  }

  TEST_CASE("a replay is bounded by what was there when it began") {
    world w;
    w.create("orders", 1);
    w.create("dead", 1);
    const bool mended = false;
    const auto g = picky(mended);
    processor p{g};
    const auto run = w.start(p, w.member("a"));
    w.write_all("orders", {{"anna", "poison"}, {"bob", "poison"}});
    REQUIRE(w.until([&] { return caught_up(w, p); }));
    // Everything that is sent back fails again, and comes to the end of the dead letters.
    replay back{"dead", {.into = {"orders"}}};
    const auto replaying = w.start(back, w.member("b"));
    REQUIRE(w.until([&] { return replaying.ended(); }, 30s));
    CHECK(replaying.failure().empty());
    REQUIRE(w.until([&] { return caught_up(w, p); }));
    CHECK(w.records("dead").size() >= 4);
    w.stop(p, run);
  }

  TEST_CASE("a dead letter of a topic that was not named ends the replay, and stays to be replayed") {
    world w;
    w.create("orders", 1);
    w.create("other", 1);
    w.create("dead", 1);
    const bool mended = false;
    const auto g = picky(mended);
    processor p{g};
    const auto run = w.start(p, w.member("a"));
    w.write("orders", "anna", "poison");
    REQUIRE(w.until([&] { return caught_up(w, p); }));
    w.stop(p, run);
    replay wrong{"dead", {.into = {"other"}}};
    const auto failing = w.start(wrong, w.member("b"));
    REQUIRE(w.until([&] { return failing.ended(); }));
    CHECK(failing.failure().find("it failed in 'orders'") != std::string::npos);
    CHECK(failing.failure().find("replay_options.into") != std::string::npos);
    replay right{"dead", {.into = {"orders", "other"}}};
    const auto good = w.start(right, w.member("b"));
    REQUIRE(w.until([&] { return good.ended(); }));
    CHECK(right.sent() == 1);
    CHECK_THROWS_AS((replay{"dead", {.into = {"dead"}}}), error);
  }
}

}  // namespace corka
