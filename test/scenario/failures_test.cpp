#include "support/world.hpp"

#include "async/timer.hpp"

#include <corka/group.hpp>

#include <doctest/doctest.h>

#include <algorithm>
#include <cstdint>
#include <map>
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
const stream<std::int64_t> amounts{"orders"};
const stream<std::string> receipts{"receipts"};

std::optional<std::string> header_of(const test::seen& r, std::string_view name) {
  for (const auto& h : r.headers) {
    if (h.name == name) return h.value;
  }
  return std::nullopt;
}

failure_status failures_of(const processor& p) {
  failure_status sum;
  for (const auto& s : p.status().partitions) {
    sum.failed += s.failures.failed;
    sum.retried += s.failures.retried;
    sum.skipped += s.failures.skipped;
    sum.dead_lettered += s.failures.dead_lettered;
  }
  return sum;
}

bool logged(const world& w, std::string_view text) {
  return std::ranges::any_of(w.log, [&](const std::string& line) { return line.find(text) != std::string::npos; });
}

/// Too large for a topic with the world's "small" config.
std::string large() { return std::string(4'000, 'x'); }
const std::map<std::string, std::string> small{{"max.message.bytes", "1000"}};

}  // namespace

TEST_SUITE("failure policies") {
  TEST_CASE("a callback that fails is called again after growing waits, and its record is done once") {
    for (const bool coroutine : {false, true}) {
      CAPTURE(coroutine);
      world w;
      w.create("orders", 1);
      std::vector<std::int64_t> at;
      const auto call = [&](context<std::int64_t>& ctx) {
        ctx.set(ctx.value().value_or(0) + 1);
        at.push_back(w.threads.time().wall_ms());
        if (at.size() < 4) throw std::runtime_error{"not yet"};
      };
      group<std::int64_t> g{"g"};
      if (coroutine) {
        g.input(orders, [call](context<std::int64_t>& ctx, std::string) -> task<> {
          call(ctx);
          co_return;
        });
      } else {
        g.input(orders, [call](context<std::int64_t>& ctx, const std::string&) { call(ctx); });
      }
      g.on_failure({.callback = {.attempts = 5, .first_backoff = 100ms, .longest_backoff = 10s}});
      processor p{g};
      const auto run = w.start(p, w.member("a"));
      w.write("orders", "anna", "1");
      REQUIRE_MESSAGE(w.until([&] { return caught_up(w, p); }), test::story(w, p));
      REQUIRE(at.size() == 4);
      CHECK(at[1] - at[0] == 100);
      CHECK(at[2] - at[1] == 200);
      CHECK(at[3] - at[2] == 400);
      // What failed calls have set is dropped.
      CHECK(w.row(p, "anna") == "1");
      CHECK(w.records("g-table").size() == 1);
      const auto f = failures_of(p);
      CHECK(f.failed == 3);
      CHECK(f.retried == 3);
      CHECK(f.skipped == 0);
      CHECK(p.status().partitions[0].last_error.find("orders/0@0: not yet") != std::string::npos);
      CHECK(p.status().partitions[0].state == partition_state::running);
      w.stop(p, run);
    }
  }

  TEST_CASE("after the last call the processor stops; nothing of the record has left it") {
    world w;
    w.create("orders", 1);
    w.create("receipts", 1);
    group<std::int64_t> g{"g"};
    g.input(orders, [](context<std::int64_t>& ctx, const std::string& text) {
      ctx.set(1);
      ctx.emit(receipts, ctx.key(), text);
      if (text == "poison") throw std::runtime_error{"boom"};
    });
    g.output(receipts);
    g.on_failure({.callback = {.attempts = 3, .first_backoff = 10ms}});
    processor p{g};
    const auto run = w.start(p, w.member("a"));
    w.write_all("orders", {{"anna", "good"}, {"bob", "poison"}, {"cleo", "good"}});
    REQUIRE(w.until([&] { return run.ended(); }));
    CHECK(run.failure().find("orders/0@1") != std::string::npos);
    CHECK(run.failure().find("boom") != std::string::npos);
    CHECK(w.committed("g", "orders", 0) == 1);
    CHECK(w.records("receipts").size() == 1);
    CHECK(w.table("g-table").size() == 1);
  }

  TEST_CASE("skipped records are logged, counted and leave nothing behind") {
    world w;
    w.create("orders", 1);
    w.create("receipts", 1);
    group<std::string> g{"g"};
    g.input(orders, [](context<std::string>& ctx, const std::string& text) {
      ctx.set(ctx.value().value_or("") + text);
      ctx.emit(receipts, ctx.key(), text);
      ctx.loop(ctx.key(), text);
      if (text == "poison") ctx.fail("cannot stomach this");
    });
    g.loop<std::string>(
        [](context<std::string>& ctx, const std::string& text) { ctx.set(ctx.value().value_or("") + "+" + text); });
    g.output(receipts);
    g.on_failure({.callback = {.then = skip_record{}}});
    processor p{g};
    const auto run = w.start(p, w.member("a"));
    w.write_all("orders", {{"anna", "a"}, {"anna", "poison"}, {"anna", "b"}});
    REQUIRE_MESSAGE(w.until([&] { return caught_up(w, p); }), test::story(w, p));
    CHECK(w.committed("g", "orders", 0) == 3);
    const auto row = w.row(p, "anna");
    CHECK(row.find("poison") == std::string::npos);
    CHECK(std::ranges::count(row, '+') == 2);
    CHECK(w.records("receipts").size() == 2);
    CHECK(failures_of(p).skipped == 1);
    CHECK(logged(w, "orders/0@1, key \"anna\": cannot stomach this; passed over after 1 call"));
    w.stop(p, run);
  }

  TEST_CASE("a dead letter carries the record as it came, and what happened") {
    world w;
    w.create("orders", 2);
    w.create("dead", 3);
    group<std::int64_t> g{"g"};
    g.input(orders, [](context<std::int64_t>& ctx, const std::optional<std::string>& text) {
      if (text == "fine") return ctx.set(1);
      throw std::runtime_error{"boom"};
    });
    g.on_failure({.callback = {.attempts = 2, .first_backoff = 10ms, .then = dead_letter{"dead"}}});
    processor p{g};
    const auto run = w.start(p, w.member("a"));
    const std::vector<header_view> headers{{"trace", "1"}, {"trace", std::nullopt}};
    w.write("orders", "anna", "poison", headers);
    w.write("orders", "anna", std::nullopt);
    w.write("orders", "anna", "fine");
    REQUIRE_MESSAGE(w.until([&] { return caught_up(w, p); }), test::story(w, p));
    CHECK(w.row(p, "anna") == "1");
    const auto dead = w.records("dead");
    REQUIRE(dead.size() == 2);
    CHECK(dead[0].key == "anna");
    CHECK(dead[0].value == "poison");
    CHECK(dead[0].partition == partition_of("anna", 3).value);
    REQUIRE(dead[0].headers.size() == 10);
    CHECK(dead[0].headers[0].name == "trace");
    CHECK(dead[0].headers[0].value == "1");
    CHECK(dead[0].headers[1].name == "trace");
    CHECK_FALSE(dead[0].headers[1].value);
    CHECK(header_of(dead[0], "corka-group") == "g");
    CHECK(header_of(dead[0], "corka-topic") == "orders");
    CHECK(header_of(dead[0], "corka-partition") == std::to_string(partition_of("anna", 2).value));
    CHECK(header_of(dead[0], "corka-offset") == "0");
    CHECK(header_of(dead[0], "corka-error") == "boom");
    CHECK(header_of(dead[0], "corka-attempts") == "2");
    CHECK(std::stoll(header_of(dead[0], "corka-time").value_or("0")) > 0);
    CHECK(header_of(dead[0], "corka-timestamp") == std::to_string(w.records("orders").front().timestamp_ms));
    CHECK_FALSE(dead[1].value);
    CHECK(header_of(dead[1], "corka-offset") == "1");
    CHECK(failures_of(p).dead_lettered == 2);
    w.stop(p, run);
  }

  TEST_CASE("a dead letter's key is partitioned as the group's inputs are, or as its topic is declared") {
    for (const bool declared : {false, true}) {
      CAPTURE(declared);
      world w;
      w.create("orders", 2);
      w.create("dead", 8);
      group<std::int64_t> g{"g"};
      g.input(stream<std::string>{"orders", {}, partitioner::murmur2},
              [](context<std::int64_t>&, const std::string&) { throw std::runtime_error{"boom"}; });
      g.on_failure({.callback = {.then = dead_letter{"dead"}}});
      if (declared) g.output(stream<std::string>{"dead"});
      processor p{g};
      const auto run = w.start(p, w.member("a"));
      for (int i = 0; i < 20; ++i) w.write("orders", "user" + std::to_string(i), "poison");
      REQUIRE_MESSAGE(w.until([&] { return caught_up(w, p); }), test::story(w, p));
      const auto dead = w.records("dead");
      REQUIRE(dead.size() == 20);
      for (const auto& letter : dead) {
        CHECK(letter.partition ==
              partition_of(letter.key, 8, declared ? partitioner::fnv1a : partitioner::murmur2).value);
      }
      w.stop(p, run);
      CHECK(run.failure().empty());
    }
  }

  TEST_CASE("a dead letter is part of its record: without its acknowledgement nothing is committed") {
    world w;
    w.create("orders", 1);
    w.create("dead", 1, small);
    group<> g{"g"};
    g.input(orders, [](context<void>&, const std::string&) { throw std::runtime_error{"boom"}; });
    g.on_failure({.callback = {.then = dead_letter{"dead"}}});
    processor p{g};
    const auto run = w.start(p, w.member("a"));
    w.write("orders", "anna", large());
    REQUIRE(w.until([&] { return run.ended(); }));
    CHECK(run.failure().find("could not be written to the dead-letter topic") != std::string::npos);
    CHECK(w.committed("g", "orders", 0) == 0);
  }

  TEST_CASE("undecodable records follow a policy of their own") {
    world w;
    w.create("orders", 1);
    w.create("dead", 1);
    group<std::int64_t> g{"g"};
    g.input(amounts, [](context<std::int64_t>& ctx, std::int64_t n) { ctx.set(n); });
    g.on_failure({.decoding = dead_letter{"dead"}});
    processor p{g};
    const auto run = w.start(p, w.member("a"));
    w.write_all("orders", {{"anna", "1"}, {"anna", "12x"}, {"anna", "3"}});
    REQUIRE_MESSAGE(w.until([&] { return caught_up(w, p); }), test::story(w, p));
    CHECK(w.row(p, "anna") == "3");
    const auto dead = w.records("dead");
    REQUIRE(dead.size() == 1);
    CHECK(dead[0].value == "12x");
    CHECK(header_of(dead[0], "corka-error").value_or("").find("byte 2") != std::string::npos);
    w.stop(p, run);
  }

  TEST_CASE("using what is not declared stops whatever the policy: it is no record's fault") {
    world w;
    w.create("orders", 1);
    group<> g{"g"};
    g.input(orders, [](context<void>& ctx, const std::string& text) { ctx.emit(receipts, ctx.key(), text); });
    g.on_failure({.callback = {.attempts = 0, .then = skip_record{}}});
    processor p{g};
    const auto run = w.start(p, w.member("a"));
    w.write("orders", "anna", "1");
    REQUIRE(w.until([&] { return run.ended(); }));
    CHECK(run.failure().find("add .output(receipts) to the group") != std::string::npos);
  }

  TEST_CASE("a retry holds up its own partition only") {
    world w;
    w.create("orders", 2);
    group<std::int64_t> g{"g"};
    g.input(orders, [](context<std::int64_t>& ctx, const std::string& text) {
      if (text == "poison") throw std::runtime_error{"boom"};
      ctx.set(ctx.value().value_or(0) + 1);
    });
    g.on_failure({.callback = {.attempts = 0, .first_backoff = 1s, .longest_backoff = 1s}});
    processor p{g};
    const auto run = w.start(p, w.member("a"));
    const std::string bad = "k0";
    std::string good;
    for (int i = 1; good.empty(); ++i) {
      const auto key = "k" + std::to_string(i);
      if (partition_of(key, 2) != partition_of(bad, 2)) good = key;
    }
    w.write("orders", bad, "poison");
    w.write("orders", bad, "behind");
    for (int i = 0; i < 20; ++i) w.write("orders", good, "quick");
    REQUIRE(w.until([&] { return w.row(p, good) == "20"; }, 5s));
    w.threads.advance(60s);
    CHECK(w.row(p, bad) == "(none)");
    // A stop does not wait for the next call: the record stays undone.
    const auto from = w.threads.time().now();
    w.stop(p, run);
    CHECK(w.threads.time().now() - from < 1s);
    CHECK(run.failure().empty());
    CHECK(w.committed("g", "orders", partition_of(bad, 2).value) == 0);
    CHECK(w.committed("g", "orders", partition_of(good, 2).value) == 20);
  }

  TEST_CASE("with concurrency a retry holds up its own key only, in order") {
    world w;
    w.create("orders", 1);
    std::map<std::string, std::string> ran;
    group<std::string> g{"g"};
    const auto on_order = [&](context<std::string>& ctx, std::string text) -> task<> {
      co_await async::sleep_for(w.threads.time(), 5ms);
      const auto before = ctx.value().value_or("");
      ctx.set(before + text);
      ran[std::string{ctx.key()}] += text;
      if (text == "p" && ran["bad"].size() < 6) throw std::runtime_error{"boom"};
    };
    g.input(orders, on_order, {.concurrency = 4});
    g.on_failure({.callback = {.attempts = 0, .first_backoff = 1s, .longest_backoff = 1s}});
    processor p{g};
    const auto run = w.start(p, w.member("a"));
    w.write_all("orders", {{"bad", "p"}, {"bad", "q"}, {"a", "1"}, {"b", "2"}, {"c", "3"}, {"d", "4"}, {"e", "5"}});
    REQUIRE(w.until([&] { return w.row(p, "e") == "5"; }, 500ms));
    CHECK(w.row(p, "bad") == "(none)");
    CHECK(w.committed("g", "orders", 0) == 0);
    REQUIRE_MESSAGE(w.until([&] { return caught_up(w, p); }), test::story(w, p));
    CHECK(ran["bad"] == "ppppppq");
    CHECK(w.row(p, "bad") == "pq");
    w.stop(p, run);
  }

  TEST_CASE("what was awaited has happened, also when the call fails later") {
    world w;
    w.create("orders", 1);
    w.create("receipts", 1);
    int calls = 0;
    group<std::int64_t> g{"g"};
    g.input(orders, [&](context<std::int64_t>& ctx, std::string text) -> task<> {
      ++calls;
      ctx.set(ctx.value().value_or(0) + 1);
      const auto first = ctx.emit(receipts, "awaited", text);
      const auto at = co_await first.acked();
      CHECK(at.offset.value == calls - 1);
      ctx.emit(receipts, "not awaited", text);
      ctx.set(ctx.value().value_or(0) + 10);
      if (calls == 1) throw std::runtime_error{"boom"};
    });
    g.output(receipts);
    g.on_failure({.callback = {.attempts = 2, .first_backoff = 10ms}});
    processor p{g};
    const auto run = w.start(p, w.member("a"));
    w.write("orders", "anna", "1");
    REQUIRE_MESSAGE(w.until([&] { return caught_up(w, p); }), test::story(w, p));
    CHECK(calls == 2);
    // 1 of the first call, then 1 and 10 of the second.
    CHECK(w.row(p, "anna") == "12");
    const auto out = w.records("receipts");
    REQUIRE(out.size() == 3);
    CHECK(out[2].key == "not awaited");
    w.stop(p, run);
  }

  TEST_CASE("a result that is refused stops the processor, is passed over, or puts its record aside") {
    for (const std::string policy : {"stop", "skip", "dead"}) {
      CAPTURE(policy);
      world w;
      w.create("orders", 1);
      w.create("receipts", 1, small);
      w.create("dead", 1);
      group<> g{"g"};
      g.input(orders, [](context<void>& ctx, const std::string& text) {
        ctx.emit(receipts, ctx.key(), text == "grow" ? large() : text);
        ctx.emit(receipts, ctx.key(), text == "grow" ? large() : text);
      });
      g.output(receipts);
      if (policy == "skip") g.on_failure({.delivery = skip_record{}});
      if (policy == "dead") g.on_failure({.delivery = dead_letter{"dead"}});
      processor p{g};
      const auto run = w.start(p, w.member("a"));
      w.write_all("orders", {{"anna", "1"}, {"bob", "grow"}, {"cleo", "3"}});
      if (policy == "stop") {
        REQUIRE(w.until([&] { return run.ended(); }));
        CHECK(run.failure().find("orders/0@1") != std::string::npos);
        CHECK(run.failure().find("a record that it emitted could not be written: record too large: write smaller") !=
              std::string::npos);
        CHECK(w.committed("g", "orders", 0) == 1);
        continue;
      }
      REQUIRE_MESSAGE(w.until([&] { return caught_up(w, p); }), test::story(w, p));
      CHECK(w.records("receipts").size() == 4);
      CHECK(failures_of(p).failed == 2);
      const auto dead = w.records("dead");
      CHECK(dead.size() == (policy == "dead" ? 1 : 0));
      if (policy == "dead") {
        CHECK(dead[0].key == "bob");
        CHECK(dead[0].value == "grow");
        CHECK(header_of(dead[0], "corka-offset") == "1");
      }
      w.stop(p, run);
    }
  }

  TEST_CASE("of many records that are put aside some have a line in the log, and all are counted") {
    world w;
    w.create("orders", 1);
    w.create("dead", 1);
    group<> g{"g"};
    g.input(orders, [](context<void>&, const std::string&) { throw std::runtime_error{"boom"}; });
    g.on_failure({.callback = {.then = dead_letter{"dead"}}});
    processor p{g};
    const auto run = w.start(p, w.member("a"));
    const std::vector<std::pair<std::string, std::string>> many(100, {"anna", "1"});
    w.write_all("orders", many);
    REQUIRE_MESSAGE(w.until([&] { return caught_up(w, p); }), test::story(w, p));
    const auto lines = [&] {
      return std::ranges::count_if(w.log,
                                   [](const std::string& l) { return l.find("put aside in") != std::string::npos; });
    };
    CHECK(lines() == 10);
    CHECK(failures_of(p).dead_lettered == 100);
    w.threads.advance(10s);
    w.write("orders", "anna", "1");
    REQUIRE(w.until([&] { return lines() == 11; }));
    CHECK(logged(w, "put aside in 'dead' after 1 call; before it 90 more, without a line each"));
    CHECK(logged(w, "orders/0@100"));
    w.stop(p, run);
  }

  TEST_CASE("a refused result that the callback awaits is the callback's to deal with") {
    world w;
    w.create("orders", 1);
    w.create("receipts", 1, small);
    std::string caught;
    group<> g{"g"};
    g.input(orders, [&](context<void>& ctx, std::string text) -> task<> {
      const auto sent = ctx.emit(receipts, ctx.key(), large());
      std::string why;
      try {
        (void)co_await sent.acked();
      } catch (const error& e) { why = e.what(); }
      caught += why;
      ctx.emit(receipts, ctx.key(), text);
    });
    g.output(receipts);
    processor p{g};
    const auto run = w.start(p, w.member("a"));
    w.write("orders", "anna", "1");
    REQUIRE_MESSAGE(w.until([&] { return caught_up(w, p); }), test::story(w, p));
    CHECK(caught.find("could not be delivered") != std::string::npos);
    CHECK(w.records("receipts").size() == 1);
    w.stop(p, run);
  }

  TEST_CASE("a refused result that a coroutine never asks about follows the policy when it has ended") {
    world w;
    w.create("orders", 1);
    w.create("receipts", 1, small);
    w.create("dead", 1);
    group<> g{"g"};
    g.input(orders, [&](context<void>& ctx, std::string) -> task<> {
      ctx.emit(receipts, ctx.key(), large());
      co_await async::sleep_for(w.threads.time(), 2s);
    });
    g.output(receipts);
    g.on_failure({.delivery = dead_letter{"dead"}});
    processor p{g};
    const auto run = w.start(p, w.member("a"));
    w.write("orders", "anna", "1");
    w.threads.advance(1s);
    CHECK(w.records("dead").empty());
    REQUIRE_MESSAGE(w.until([&] { return caught_up(w, p); }), test::story(w, p));
    CHECK(w.records("dead").size() == 1);
    w.stop(p, run);
  }

  TEST_CASE("state that the changelog refuses stops the processor whatever the policy: row and changelog stay one") {
    world w;
    w.create("orders", 1);
    w.create("g-table", 1, {{"cleanup.policy", "compact"}, {"max.message.bytes", "1000"}});
    group<std::string> g{"g"};
    g.input(orders,
            [](context<std::string>& ctx, const std::string& text) { ctx.set(text == "grow" ? large() : text); });
    g.on_failure({.callback = {.then = skip_record{}}, .delivery = skip_record{}});
    processor p{g};
    auto run = w.start(p, w.member("a"));
    w.write_all("orders", {{"anna", "1"}, {"anna", "grow"}, {"anna", "3"}});
    REQUIRE(w.until([&] { return run.ended(); }));
    CHECK(run.failure().find("its state could not be written to the changelog") != std::string::npos);
    CHECK(run.failure().find("orders/0@1") != std::string::npos);
    CHECK(w.committed("g", "orders", 0) <= 1);
    CHECK(w.table("g-table").at("anna") != large());
  }

  TEST_CASE("the dead-letter topic is made, or asked for, as an output is") {
    world w;
    w.create("orders", 1);
    group<> g{"g"};
    g.input(orders, [](context<void>&, const std::string&) { throw std::runtime_error{"boom"}; });
    g.on_failure({.callback = {.then = dead_letter{"dead"}}});
    {
      processor p{g};
      const auto run = w.start(p, w.member("a"));
      REQUIRE(w.until([&] { return run.ended(); }));
      CHECK(run.failure().find("does not have dead-letter topic 'dead'") != std::string::npos);
    }
    processor_options options;
    options.create_topics = topic_creation::all;
    processor p{g, options};
    const auto run = w.start(p, w.member("a"));
    w.write("orders", "anna", "1");
    REQUIRE_MESSAGE(w.until([&] { return caught_up(w, p); }), test::story(w, p));
    CHECK(w.records("dead").size() == 1);
    w.stop(p, run);
  }

  TEST_CASE("a failure ends the processor though what went before it is never acknowledged") {
    world w;
    w.create("orders", 1);
    w.create("receipts", 1);
    group<> g{"g"};
    g.input(orders, [&](context<void>& ctx, const std::string& text) {
       if (text == "bad") {
         w.broker->set_reachable(false);
         ctx.fail("boom");
       }
       ctx.emit(receipts, ctx.key(), text);
     }).output(receipts);
    processor p{g};
    w.write_all("orders", {{"k", "good"}, {"k", "bad"}});
    const auto run = w.start(p, w.member("a"));
    REQUIRE(w.until([&] { return logged(w, "boom"); }));
    // Longer than it waits for acknowledgements.
    REQUIRE_MESSAGE(w.until([&] { return run.ended(); }, 1min), story(w, p));
    CHECK(run.failure().find("boom") != std::string::npos);
    w.broker->set_reachable(true);
    CHECK(w.committed("g", "orders", 0) <= 1);
  }

  TEST_CASE("goka's story: a callback that fails for one key of many ends the processor") {
    world w;
    w.create("orders", 10);
    group<> g{"g"};
    g.input(orders, [](context<void>& ctx, const std::string&) {
      if (ctx.key() == "key-995") ctx.emit(receipts, ctx.key(), std::string{"undeclared"});
    });
    processor p{g};
    const auto run = w.start(p, w.member("a"));
    std::vector<std::pair<std::string, std::string>> records;
    for (int i = 0; i < 1'000; ++i) records.emplace_back("key-" + std::to_string(i), "x");
    w.write_all("orders", records);
    REQUIRE(w.until([&] { return run.ended(); }, 30s));
    CHECK(run.failure().find("key-995") != std::string::npos);
  }

  TEST_CASE("goka's story: slow callbacks and much waiting do not keep a failure from ending the processor") {
    world w;
    w.create("orders", 4);
    group<std::int64_t> g{"g"};
    const auto on_order = [&](context<std::int64_t>& ctx, std::string text) -> task<> {
      co_await async::sleep_for(w.threads.time(), 20ms);
      if (ctx.partition().value == 0 && text == "late") throw std::runtime_error{"panic in callback"};
      ctx.set(1);
    };
    g.input(orders, on_order, {.concurrency = 3});
    processor_options options;
    options.in_flight_records = 2;
    options.batch_records = 10;
    processor p{g, options};
    const auto run = w.start(p, w.member("a"));
    std::vector<std::pair<std::string, std::string>> records;
    for (int i = 0; i < 2'000; ++i) records.emplace_back("k" + std::to_string(i), i < 1'000 ? "early" : "late");
    w.write_all("orders", records);
    REQUIRE(w.until([&] { return run.ended(); }));
    CHECK(run.failure().find("panic in callback") != std::string::npos);
  }

  TEST_CASE("goka's story: after a failure a restart delivers the failed record, and not those before it") {
    world w;
    w.create("orders", 1);
    std::vector<std::string> seen;
    bool mended = false;
    group<> g{"g"};
    g.input(orders, [&](context<void>& ctx, const std::string& text) {
      seen.push_back(text);
      if (text == "2" && !mended) ctx.fail("not this one");
    });
    processor p{g};
    auto run = w.start(p, w.member("a"));
    w.write_all("orders", {{"anna", "1"}, {"anna", "2"}});
    REQUIRE(w.until([&] { return run.ended(); }));
    CHECK(seen == std::vector<std::string>{"1", "2"});
    mended = true;
    run = w.start(p, w.member("a"));
    REQUIRE(w.until([&] { return caught_up(w, p); }));
    CHECK(seen == std::vector<std::string>{"1", "2", "2"});
    w.stop(p, run);
  }

  TEST_CASE("goka's story: what could not be committed before the end is delivered again") {
    world w;
    w.create("orders", 1);
    int seen = 0;
    group<> g{"g"};
    g.input(orders, [&](context<void>&, const std::string&) { ++seen; });
    processor_options options;
    options.commit_interval = 1h;
    processor p{g, options};
    auto run = w.start(p, w.member("a"));
    std::vector<std::pair<std::string, std::string>> records;
    for (int i = 0; i < 10; ++i) records.emplace_back("k" + std::to_string(i), "x");
    w.write_all("orders", records);
    REQUIRE(w.until([&] { return seen == 10; }));
    w.broker->set_reachable(false);
    w.stop(p, run);
    CHECK(run.failure().empty());
    w.broker->set_reachable(true);
    CHECK(w.committed("g", "orders", 0) == 0);
    run = w.start(p, w.member("a"));
    REQUIRE(w.until([&] { return seen == 20; }));
    w.stop(p, run);
    CHECK(w.committed("g", "orders", 0) == 10);
  }

  TEST_CASE("goka's story: three processors one after another each find the sum, and nothing is consumed twice") {
    world w{world::copies::lmdb};
    w.create("orders", 1);
    group<std::int64_t> g{"g"};
    g.input(amounts, [](context<std::int64_t>& ctx, std::int64_t n) { ctx.set(ctx.value().value_or(0) + n); });
    for (int i = 0; i < 10; ++i) w.write("orders", "sum", "1");
    for (int i = 0; i < 3; ++i) {
      processor p{g};
      const auto run = w.start(p, w.member("a"));
      REQUIRE(w.until([&] { return caught_up(w, p); }));
      CHECK(w.row(p, "sum") == "10");
      w.stop(p, run);
    }
    CHECK(w.records("g-table").size() == 10);
  }
}

}  // namespace corka
