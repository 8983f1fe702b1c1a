#include "support/world.hpp"

#include <corka/group.hpp>

#include <doctest/doctest.h>

#include <cstdint>
#include <string>

namespace corka {

namespace {

using test::caught_up;
using test::world;

const stream<std::string> clicks{"clicks"};
const stream<std::int64_t> milestones{"milestones"};

void count(context<std::int64_t>& ctx, std::string) { ctx.set(ctx.value().value_or(0) + 1); }

group<std::int64_t> counters() {
  group<std::int64_t> g{"counters"};
  g.input(clicks, count);
  return g;
}

}  // namespace

TEST_SUITE("processor") {
  TEST_CASE("counts per key: state, changelog, committed offsets and lookups agree") {
    world w;
    w.create("clicks", 4);
    processor p{counters()};
    auto& a = w.member("a");
    const auto run = w.start(p, a);
    for (int i = 0; i < 30; ++i) w.write("clicks", "user" + std::to_string(i % 3), "page");
    REQUIRE_MESSAGE(w.until([&] { return caught_up(w, p); }), test::story(w, p));

    CHECK(w.row(p, "user0") == "10");
    CHECK(w.row(p, "user2") == "10");
    CHECK(w.row(p, "nobody") == "(none)");
    const auto table = w.table("counters-table");
    CHECK(table.size() == 3);
    CHECK(table.at("user1") == "10");
    std::int64_t below = 0;
    for (int i = 0; i < 4; ++i) below += w.committed("counters", "clicks", i);
    CHECK(below == 30);

    w.stop(p, run);
    CHECK(run.failure().empty());
    CHECK(p.status().state == processor_state::idle);
  }

  TEST_CASE("what was in the topic before the group existed is processed") {
    world w;
    w.create("clicks", 2);
    w.write_all("clicks", {{"anna", "1"}, {"bob", "2"}, {"anna", "3"}});
    processor p{counters()};
    const auto run = w.start(p, w.member("a"));
    REQUIRE_MESSAGE(w.until([&] { return caught_up(w, p); }), test::story(w, p));
    CHECK(w.table("counters-table").at("anna") == "2");
    w.stop(p, run);
  }

  TEST_CASE("an empty key and keys of any bytes are keys like others") {
    world w;
    w.create("clicks", 3);
    const std::string odd{"\0\xff/..", 5};
    const std::string long_key(5'000, 'k');
    w.write_all("clicks", {{"", "1"}, {odd, "1"}, {long_key, "1"}, {"", "2"}});
    processor p{counters()};
    const auto run = w.start(p, w.member("a"));
    REQUIRE_MESSAGE(w.until([&] { return caught_up(w, p); }), test::story(w, p));
    CHECK(w.row(p, "") == "2");
    CHECK(w.row(p, odd) == "1");
    CHECK(w.row(p, long_key) == "1");
    w.stop(p, run);
  }

  TEST_CASE("a stateless group emits, and commits after its emits are acknowledged") {
    world w;
    w.create("clicks", 2);
    w.create("milestones", 5);
    group<> g{"forwarders"};
    g.input(clicks, [](context<void>& ctx, std::string) {
      ctx.emit(milestones, ctx.key(), ctx.offset().value, {.headers = {{"from", "clicks"}, {"from", std::nullopt}}});
    });
    g.output(milestones);
    processor p{g};
    const auto run = w.start(p, w.member("a"));
    w.write("clicks", "anna", "page");
    w.write("clicks", "anna", "page");
    REQUIRE_MESSAGE(w.until([&] { return caught_up(w, p); }), test::story(w, p));
    const auto out = w.records("milestones");
    REQUIRE(out.size() == 2);
    CHECK(out[0].key == "anna");
    CHECK(out[1].value == "1");
    CHECK(out[0].partition == partition_of("anna", 5).value);
    REQUIRE(out[0].headers.size() == 2);
    CHECK(out[0].headers[0].value == "clicks");
    CHECK_FALSE(out[0].headers[1].value);
    w.stop(p, run);
  }

  TEST_CASE("erase leaves no row, in the store and in the changelog") {
    world w;
    w.create("clicks", 1);
    group<std::string> g{"last"};
    g.input(clicks, [](context<std::string>& ctx, std::optional<std::string> page) {
      if (page) ctx.set(*page);
      else ctx.erase();
    });
    processor p{g};
    const auto run = w.start(p, w.member("a"));
    w.write("clicks", "anna", "home");
    w.write("clicks", "bob", "home");
    REQUIRE_MESSAGE(w.until([&] { return caught_up(w, p); }), test::story(w, p));
    CHECK(w.row(p, "anna") == "home");
    w.write("clicks", "anna", std::nullopt);
    w.write("clicks", "bob", "");
    REQUIRE_MESSAGE(w.until([&] { return caught_up(w, p); }), test::story(w, p));
    CHECK(w.row(p, "anna") == "(none)");
    CHECK(w.row(p, "bob").empty());  // an empty value is a value
    CHECK(w.table("last-table").size() == 1);
    w.stop(p, run);
  }

  TEST_CASE("tombstones are passed over, and committed, when the callback does not ask for them") {
    world w;
    w.create("clicks", 1);
    processor p{counters()};
    const auto run = w.start(p, w.member("a"));
    w.write("clicks", "anna", "home");
    w.write("clicks", "anna", std::nullopt);
    REQUIRE_MESSAGE(w.until([&] { return caught_up(w, p); }), test::story(w, p));
    CHECK(w.row(p, "anna") == "1");
    CHECK(w.committed("counters", "clicks", 0) == 2);
    w.stop(p, run);
  }

  TEST_CASE("two inputs share the state of their keys") {
    world w;
    w.create("clicks", 3);
    w.create("milestones", 3);
    auto g = counters();
    g.input(milestones, [](context<std::int64_t>& ctx, std::int64_t n) { ctx.set(ctx.value().value_or(0) + n); });
    processor p{g};
    const auto run = w.start(p, w.member("a"));
    w.write("clicks", "anna", "home");
    w.write("milestones", "anna", "40");
    w.write("clicks", "anna", "home");
    REQUIRE(w.until([&] { return caught_up(w, p) && w.row(p, "anna") == "42"; }));
    w.stop(p, run);
  }

  TEST_CASE("the loop brings a record to the partition of another key") {
    world w;
    w.create("clicks", 4);
    group<std::int64_t> g{"mentions"};
    g.input(clicks, [](context<std::int64_t>& ctx, std::string whom) { ctx.loop(whom, std::int64_t{1}); });
    g.loop<std::int64_t>([](context<std::int64_t>& ctx, std::int64_t n) { ctx.set(ctx.value().value_or(0) + n); });
    processor p{g};
    const auto run = w.start(p, w.member("a"));
    for (const auto* from : {"a", "b", "c", "d", "e"}) w.write("clicks", from, "anna");
    REQUIRE(w.until([&] { return w.row(p, "anna") == "5"; }));
    REQUIRE_MESSAGE(w.until([&] { return caught_up(w, p); }), test::story(w, p));
    CHECK(w.row(p, "a") == "(none)");
    w.stop(p, run);
  }

  TEST_CASE("missing inputs are an error with its cure, or are made") {
    world w;
    processor p{counters()};
    const auto run = w.start(p, w.member("a"));
    REQUIRE(w.until([&] { return run.ended(); }));
    CHECK(run.failure().find("input 'clicks'") != std::string::npos);
    CHECK(run.failure().find("topic_creation::all") != std::string::npos);
    CHECK(p.status().state == processor_state::failed);

    processor makes{counters(), {.create_topics = topic_creation::all, .new_topic_partitions = 6}};
    const auto second = w.start(makes, w.member("a"));
    REQUIRE(w.until([&] { return makes.status().partitions.size() == 6; }));
    w.stop(makes, second);
  }
}

}  // namespace corka
