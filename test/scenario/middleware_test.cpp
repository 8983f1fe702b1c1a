// What runs around callbacks.
#include "support/world.hpp"

#include "async/timer.hpp"

#include <corka/group.hpp>
#include <corka/trace_context.hpp>

#include <doctest/doctest.h>

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace corka {

namespace {

using namespace std::chrono_literals;
using test::caught_up;
using test::world;

const stream<std::string> orders{"orders"};
const stream<std::string> receipts{"receipts"};

const std::string traceparent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";

std::string message_of(const std::exception_ptr& e) {
  if (!e) return "fine";
  try {
    std::rethrow_exception(e);
  } catch (const std::exception& x) { return x.what(); }
}

}  // namespace

TEST_SUITE("middleware") {
  TEST_CASE("it sees each record before and its outcome after, in the order declared, around input and loop") {
    world w;
    w.create("orders", 1);
    std::vector<std::string> told;
    group<> g{"g"};
    g.use([&](invocation& call) {
      told.push_back("outer " + std::string{to_string(call.kind())} + " " + call.topic().str() + "/" +
                     std::to_string(call.partition().value) + "@" + std::to_string(call.offset()->value) + " " +
                     std::string{call.key()} + " " + std::string{call.header("h").value_or("-")} + " " +
                     call.group().str());
      return [&told](const outcome& of) { told.push_back("outer " + message_of(of.failure)); };
    });
    g.use([&](invocation&) {
      told.push_back("inner");
      return [&told](const outcome& of) { told.push_back("inner " + message_of(of.failure)); };
    });
    g.use([&](const invocation&) { told.push_back("only before"); });
    g.input(orders, [&](context<void>& ctx, const std::string& text) {
      told.push_back("input " + text);
      ctx.loop("k", text);
    });
    g.loop<std::string>([&w, &told](context<void>&, std::string text) -> task<> {
      co_await async::sleep_for(w.threads.time(), 1ms);
      told.push_back("loop " + text);
    });
    processor p{g};
    const auto run = w.start(p, w.member("a"));
    w.write("orders", "anna", "x", {{"h", "v"}});
    REQUIRE_MESSAGE(w.until([&] { return caught_up(w, p) && told.size() == 12; }), test::story(w, p));
    CHECK(told == std::vector<std::string>{"outer input orders/0@0 anna v g", "inner", "only before", "input x",
                                           "inner fine", "outer fine", "outer loop g-loop/0@0 k - g", "inner",
                                           "only before", "loop x", "inner fine", "outer fine"});
    w.stop(p, run);
  }

  TEST_CASE("it is told how long a callback took, awaits included") {
    world w;
    w.create("orders", 1);
    std::chrono::nanoseconds took{};
    group<> g{"g"};
    g.use([&](invocation&) { return [&](const outcome& of) { took = of.took; }; });
    g.input(orders, [&w](context<void>&, std::string) -> task<> { co_await async::sleep_for(w.threads.time(), 70ms); });
    processor p{g};
    const auto run = w.start(p, w.member("a"));
    w.write("orders", "anna", "x");
    REQUIRE_MESSAGE(w.until([&] { return caught_up(w, p); }), test::story(w, p));
    CHECK(took == 70ms);
    w.stop(p, run);
  }

  TEST_CASE("it sees failures of callbacks and of decoding, and may deal with them") {
    world w;
    w.create("orders", 1);
    std::vector<std::string> failures;
    group<std::int64_t> g{"g"};
    g.use([&](invocation& call) {
      return [&failures, key = std::string{call.key()}](outcome& of) {
        if (!of.failure) return;
        failures.push_back(key + ": " + message_of(of.failure));
        if (key != "fatal") of.failure = nullptr;
        else of.failure = std::make_exception_ptr(std::runtime_error{"dressed up"});
      };
    });
    g.input(stream<std::int64_t>{"orders"}, [](context<std::int64_t>& ctx, std::int64_t n) {
      ctx.set(n);
      if (n < 0) ctx.fail("negative");
    });
    processor p{g};
    const auto run = w.start(p, w.member("a"));
    w.write_all("orders", {{"a", "1"}, {"b", "x"}, {"c", "-1"}, {"fatal", "-2"}, {"never", "1"}});
    REQUIRE(w.until([&] { return run.ended(); }));
    REQUIRE(failures.size() == 3);
    CHECK(failures[0].starts_with("b: "));
    CHECK(failures[1] == "c: negative");
    CHECK(failures[2] == "fatal: negative");
    CHECK(run.failure().find("dressed up") != std::string::npos);
    CHECK(w.committed("g", "orders", 0) == 3);
  }

  TEST_CASE("what it throws before the callback fails the record, and the callback is not called") {
    world w;
    w.create("orders", 1);
    int called = 0;
    std::string outer;
    group<> g{"g"};
    g.use([&](invocation&) { return [&](const outcome& of) { outer = message_of(of.failure); }; });
    g.use([](invocation&) { throw std::runtime_error{"not today"}; });
    g.input(orders, [&](context<void>&, const std::string&) { ++called; });
    processor p{g};
    const auto run = w.start(p, w.member("a"));
    w.write("orders", "anna", "x");
    REQUIRE(w.until([&] { return run.ended(); }));
    CHECK(run.failure().find("not today") != std::string::npos);
    CHECK(outer == "not today");
    CHECK(called == 0);
    CHECK(w.committed("g", "orders", 0) == 0);
  }

  TEST_CASE("headers it adds go with emits and loops of that callback alone, between defaults and the emit's own") {
    world w;
    w.create("orders", 1);
    w.create("receipts", 1);
    group<std::string> g{"g"};
    g.use([](invocation& call) {
      if (call.key() == "anna") call.add_header("user", "a");
    });
    g.input(orders, [](context<std::string>& ctx, const std::string& text) {
      ctx.set(text);
      ctx.emit(receipts, ctx.key(), text, {.headers = {{"own", "1"}}});
    });
    g.output(receipts);
    processor p{g, {.headers = {{"from", "g"}}}};
    const auto run = w.start(p, w.member("a"));
    w.write_all("orders", {{"anna", "x"}, {"bob", "y"}});
    REQUIRE_MESSAGE(w.until([&] { return caught_up(w, p); }), test::story(w, p));
    const auto out = w.records("receipts");
    REQUIRE(out.size() == 2);
    REQUIRE(out[0].headers.size() == 3);
    CHECK(out[0].headers[0].name == "from");
    CHECK(out[0].headers[1].name == "user");
    CHECK(out[0].headers[2].name == "own");
    CHECK(out[1].headers.size() == 2);
    CHECK(w.records("g-table").at(0).headers.size() == 1);
    w.stop(p, run);
  }

  TEST_CASE("trace context: emits and loops are children of the record's span; callbacks without a trace have none") {
    world w;
    w.create("orders", 1);
    w.create("receipts", 1);
    std::vector<std::string> spans;
    group<> g{"g"};
    g.use(propagate_trace{{.on_span = [&](const trace_span& s) {
      spans.push_back(std::string{s.call.key()} + " " + s.context.traceparent() + " " + message_of(s.ended.failure));
    }}});
    g.input(orders, [](context<void>& ctx, const std::string& text) {
      ctx.emit(receipts, ctx.key(), text);
      ctx.emit(receipts, ctx.key(), text);
    });
    g.output(receipts);
    processor p{g};
    const auto run = w.start(p, w.member("a"));
    w.write("orders", "traced", "x", {{"traceparent", traceparent}, {"tracestate", "foo=1"}, {"tracestate", "bar=2"}});
    w.write("orders", "odd", "x", {{"traceparent", "00-nonsense"}});
    w.write("orders", "bare", "x");
    REQUIRE_MESSAGE(w.until([&] { return caught_up(w, p); }), test::story(w, p));
    const auto out = w.records("receipts");
    REQUIRE(out.size() == 6);
    REQUIRE(out[0].headers.size() == 2);
    CHECK(out[0].headers[0].name == "traceparent");
    CHECK(out[0].headers[0].value->starts_with(traceparent.substr(0, 36)));
    CHECK(out[0].headers[0].value != traceparent);
    CHECK(out[0].headers[0].value == out[1].headers[0].value);
    CHECK(out[0].headers[1].value == "foo=1,bar=2");
    for (std::size_t i = 2; i < 6; ++i) CHECK(out[i].headers.empty());
    CHECK(spans == std::vector<std::string>{"traced " + *out[0].headers[0].value + " fine"});
    w.stop(p, run);
  }

  TEST_CASE("trace context: it may begin traces where there is none") {
    world w;
    w.create("orders", 1);
    w.create("receipts", 1);
    group<> g{"g"};
    g.use(propagate_trace{{.begin_traces = true, .sampled = false}});
    g.input(orders, [](context<void>& ctx, const std::string& text) { ctx.emit(receipts, ctx.key(), text); });
    g.output(receipts);
    processor p{g};
    const auto run = w.start(p, w.member("a"));
    w.write("orders", "anna", "x");
    w.write("orders", "anna", "y");
    REQUIRE_MESSAGE(w.until([&] { return caught_up(w, p); }), test::story(w, p));
    const auto out = w.records("receipts");
    REQUIRE(out.size() == 2);
    const auto first = trace_context::parse(out[0].headers.at(0).value.value());
    const auto second = trace_context::parse(out[1].headers.at(0).value.value());
    REQUIRE(first);
    REQUIRE(second);
    CHECK_FALSE(first->sampled());
    CHECK(first->trace != second->trace);
    w.stop(p, run);
  }
}

}  // namespace corka
