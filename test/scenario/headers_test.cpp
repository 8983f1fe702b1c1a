// Headers and timestamps from record to record.
#include "support/world.hpp"

#include <corka/emitter.hpp>
#include <corka/group.hpp>
#include <corka/record_time.hpp>

#include <doctest/doctest.h>

#include <chrono>
#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <vector>

namespace corka {

namespace {

using namespace std::chrono_literals;
using test::caught_up;
using test::world;
using clock_time = std::chrono::system_clock::time_point;

const stream<std::string> orders{"orders"};
const stream<std::string> receipts{"receipts"};

/// "a=1 b a=2 c=": names in order; no '=' where there is no value.
std::string line(const std::vector<header>& headers) {
  std::string out;
  for (const auto& h : headers) {
    if (!out.empty()) out += ' ';
    out += h.name;
    if (h.value) out += "=" + *h.value;
  }
  return out;
}

std::vector<header> copy(const std::vector<header_view>& headers) {
  std::vector<header> out;
  for (const auto& h : headers) {
    out.push_back({std::string{h.name}, h.value ? std::optional<std::string>{*h.value} : std::nullopt});
  }
  return out;
}

}  // namespace

TEST_SUITE("headers") {
  TEST_CASE("a callback sees them in order, repeated names and absent values included; look-up finds the last") {
    world w;
    w.create("orders", 1);
    std::string seen;
    std::string found;
    group<> g{"g"};
    g.input(orders, [&](context<void>& ctx, const std::string&) {
      seen = line(copy(ctx.headers()));
      for (const auto* name : {"a", "b", "c", "none", "A"}) {
        const auto value = ctx.header(name);
        found += std::string{name} + ":" + (value ? std::string{*value} : "(none)") + " ";
      }
    });
    processor p{g};
    const auto run = w.start(p, w.member("a"));
    w.write("orders", "anna", "x", {{"a", "1"}, {"b", std::nullopt}, {"a", "2"}, {"c", ""}});
    REQUIRE_MESSAGE(w.until([&] { return caught_up(w, p); }), test::story(w, p));
    CHECK(seen == "a=1 b a=2 c=");
    CHECK(found == "a:2 b:(none) c: none:(none) A:(none) ");
    w.stop(p, run);
  }

  TEST_CASE("emits, loops and changelog writes carry the processor's defaults, then their own") {
    world w;
    w.create("orders", 1);
    w.create("receipts", 1);
    group<std::string> g{"g"};
    g.input(orders, [](context<std::string>& ctx, const std::string& text) {
      ctx.emit(receipts, "plain", text);
      ctx.emit(receipts, "own", text, {.headers = {{"x", "1"}, {"from", "here"}, {"x", "2"}}});
      ctx.emit(receipts, "gone", tombstone, {.headers = {{"why", std::nullopt}}});
      ctx.loop("again", text, {.headers = {{"round", "1"}}});
      ctx.loop("again", tombstone);
      ctx.set(text);
      ctx.set(text, {.headers = {{"by", "set"}}});
      ctx.erase({.headers = {{"by", "erase"}}});
    });
    std::vector<std::string> looped;
    g.loop<std::string>([&](context<std::string>& ctx, const std::optional<std::string>& text) {
      looped.push_back(text.value_or("(tombstone)") + " " + line(copy(ctx.headers())));
    });
    g.output(receipts);
    processor p{g, {.headers = {{"from", "g"}, {"host", std::nullopt}}}};
    const auto run = w.start(p, w.member("a"));
    w.write("orders", "anna", "x");
    REQUIRE_MESSAGE(w.until([&] { return caught_up(w, p) && looped.size() == 2; }), test::story(w, p));
    const auto out = w.records("receipts");
    REQUIRE(out.size() == 3);
    CHECK(line(out[0].headers) == "from=g host");
    CHECK(line(out[1].headers) == "from=g host x=1 from=here x=2");
    CHECK(line(out[2].headers) == "from=g host why");
    CHECK_FALSE(out[2].value);
    CHECK(looped == std::vector<std::string>{"x from=g host round=1", "(tombstone) from=g host"});
    const auto changes = w.records("g-table");
    REQUIRE(changes.size() == 3);
    CHECK(line(changes[0].headers) == "from=g host");
    CHECK(line(changes[1].headers) == "from=g host by=set");
    CHECK(line(changes[2].headers) == "from=g host by=erase");
    w.stop(p, run);
  }

  TEST_CASE("an emitter's records carry its defaults, then their own") {
    world w;
    w.create("orders", 1);
    emitter<std::string> e{orders, {.headers = {{"from", "e"}}}};
    const auto run = w.start(e, w.member("a"));
    w.threads.run(e.ready());
    e.emit("anna", "x");
    e.emit("anna", "x", {.headers = {{"from", "me"}, {"n", std::nullopt}}});
    e.emit("anna", tombstone, {.headers = {{"last", "1"}}});
    w.stop(e, run);
    const auto out = w.records("orders");
    REQUIRE(out.size() == 3);
    CHECK(line(out[0].headers) == "from=e");
    CHECK(line(out[1].headers) == "from=e from=me n");
    CHECK(line(out[2].headers) == "from=e last=1");
    CHECK_FALSE(out[2].value);
  }

  TEST_CASE("timestamps are read, and can be set; else they are the time of sending") {
    world w;
    w.create("orders", 1);
    w.create("receipts", 1);
    constexpr std::int64_t then = 1'600'000'000'123;
    std::vector<std::int64_t> seen;
    group<std::string> g{"g"};
    g.input(orders, [&](context<std::string>& ctx, const std::string& text) {
      seen.push_back(std::chrono::duration_cast<std::chrono::milliseconds>(ctx.timestamp().time_since_epoch()).count());
      ctx.emit(receipts, "now", text);
      ctx.emit(receipts, "then", text, {.timestamp = ctx.timestamp() + 1s});
      ctx.set(text, {.timestamp = ctx.timestamp() + 2s});
      ctx.loop("k", text, {.timestamp = ctx.timestamp() + 3s});
    });
    g.loop<std::string>([&](context<std::string>& ctx, const std::string&) {
      seen.push_back(std::chrono::duration_cast<std::chrono::milliseconds>(ctx.timestamp().time_since_epoch()).count());
    });
    g.output(receipts);
    processor p{g};
    const auto run = w.start(p, w.member("a"));
    const auto before = w.threads.time().wall_ms();
    w.write("orders", "anna", "x", {}, then);
    REQUIRE_MESSAGE(w.until([&] { return caught_up(w, p) && seen.size() == 2; }), test::story(w, p));
    CHECK(seen == std::vector<std::int64_t>{then, then + 3'000});
    const auto out = w.records("receipts");
    REQUIRE(out.size() == 2);
    CHECK(out[0].timestamp_ms >= before);
    CHECK(out[0].timestamp_ms <= w.threads.time().wall_ms());
    CHECK(out[1].timestamp_ms == then + 1'000);
    CHECK(w.records("g-table").at(0).timestamp_ms == then + 2'000);
    w.stop(p, run);
  }

  TEST_CASE("timestamps beyond the clock are passed on exactly, and are the clock's end as times of it") {
    world w;
    w.create("orders", 1);
    w.create("receipts", 1);
    constexpr auto most = std::numeric_limits<std::int64_t>::max();
    std::vector<std::int64_t> exact;
    std::vector<std::chrono::system_clock::time_point> seen;
    group<std::string> g{"g"};
    g.use([&](const invocation& call) {
      exact.push_back(call.timestamp_ms());
      seen.push_back(call.timestamp());
    });
    g.input(orders, [&](context<std::string>& ctx, const std::string& text) {
      exact.push_back(ctx.timestamp_ms());
      seen.push_back(ctx.timestamp());
      ctx.emit(receipts, "exact", text, {.timestamp = record_time{ctx.timestamp_ms()}});
      ctx.emit(receipts, "clock's", text, {.timestamp = ctx.timestamp()});
      ctx.emit(receipts, "before 1970", text, {.timestamp = record_time{-5}});
      ctx.set(text, {.timestamp = record_time{ctx.timestamp_ms()}});
    });
    g.output(receipts);
    processor p{g};
    const auto run = w.start(p, w.member("a"));
    const auto before = w.threads.time().wall_ms();
    w.write("orders", "anna", "x", {}, most);
    REQUIRE_MESSAGE(w.until([&] { return caught_up(w, p) && exact.size() == 2; }), test::story(w, p));
    CHECK(exact == std::vector<std::int64_t>{most, most});
    const auto end = record_time{most}.on_clock();
    CHECK(seen == std::vector{end, end});
    const auto out = w.records("receipts");
    REQUIRE(out.size() == 3);
    CHECK(out[0].timestamp_ms == most);
    CHECK(out[1].timestamp_ms == record_time{end}.ms());
    CHECK(out[2].timestamp_ms >= before);
    CHECK(w.records("g-table").at(0).timestamp_ms == most);
    CHECK(p.status().partitions.at(0).inputs.at(0).lag_time == std::chrono::milliseconds{0});
    w.stop(p, run);
  }
}

}  // namespace corka
