#include "support/world.hpp"

#include "async/event.hpp"
#include "kafka/embedded/catalog.hpp"
#include "kafka/embedded/topic.hpp"

#include <corka/group.hpp>

#include <doctest/doctest.h>

#include <algorithm>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

namespace corka {

namespace {

using namespace std::chrono_literals;
using test::caught_up;
using test::world;

const stream<std::string> messages{"messages"};
const table<std::string> words{"words"};

/// Keeps, for each key, its last message's word as the table translates it.
group<std::string> translators() {
  group<std::string> g{"translators"};
  g.input(messages, [](context<std::string>& ctx, std::string word) {
    ctx.set(ctx.lookup(words, word).value_or("(" + word + ")"));
  });
  g.lookup(words);
  return g;
}

void make_topics(world& w, std::int32_t inputs, std::int32_t table) {
  w.create("messages", inputs);
  w.create("words", table, {{"cleanup.policy", "compact"}});
}

std::vector<std::pair<std::string, std::string>> dictionary(int n, const std::string& language) {
  std::vector<std::pair<std::string, std::string>> all;
  for (int i = 0; i < n; ++i) all.emplace_back("word" + std::to_string(i), language + std::to_string(i));
  return all;
}

bool lookup_caught_up(const world& w, const processor& p) {
  const auto status = p.status();
  if (status.lookups.empty() || status.lookups.front().state != view_state::running) return false;
  const auto topic = w.broker->topics().find(topic_name{"words"});
  return std::ranges::all_of(status.lookups.front().partitions, [&](const copy_status& s) {
    return s.position == topic->at(partition_id{s.partition}).log().range().high;
  });
}

std::string translated(world& w, processor& p, const std::string& word) {
  w.write("messages", "anna", word);
  REQUIRE_MESSAGE(w.until([&] { return caught_up(w, p); }), test::story(w, p));
  return w.row(p, "anna");
}

}  // namespace

TEST_SUITE("lookups") {
  TEST_CASE("any key of a table with another number of partitions is there before the first callback") {
    for (const auto kept : {world::copies::memory, world::copies::lmdb}) {
      world w{kept};
      make_topics(w, 2, 5);
      w.write_all("words", dictionary(100, "słowo"));
      for (int i = 0; i < 100; ++i) w.write("messages", "user" + std::to_string(i), "word" + std::to_string(99 - i));
      processor p{translators()};
      const auto run = w.start(p, w.member("a"));
      REQUIRE_MESSAGE(w.until([&] { return caught_up(w, p); }), test::story(w, p));
      for (int i = 0; i < 100; ++i) { CHECK(w.row(p, "user" + std::to_string(i)) == "słowo" + std::to_string(99 - i)); }
      const auto status = p.status();
      REQUIRE(status.lookups.size() == 1);
      CHECK(status.lookups.front().rows == 100);
      CHECK(status.lookups.front().partitions.size() == 5);
      CHECK(status.lookups.front().lag == 0);
      w.stop(p, run);
      CHECK(run.failure().empty());
    }
  }

  TEST_CASE("a lookup follows its table, erasures included") {
    world w;
    make_topics(w, 2, 3);
    processor p{translators()};
    const auto run = w.start(p, w.member("a"));
    const auto write = [&](std::optional<std::string> value) {
      w.write("words", "dog", std::move(value));
      REQUIRE_MESSAGE(w.until([&] { return lookup_caught_up(w, p); }), test::story(w, p));
    };
    CHECK(translated(w, p, "dog") == "(dog)");
    write("pies");
    CHECK(translated(w, p, "dog") == "pies");
    write("");
    CHECK(translated(w, p, "dog").empty());
    write(std::nullopt);
    CHECK(translated(w, p, "dog") == "(dog)");
    w.stop(p, run);
  }

  TEST_CASE("every member has the whole table, and a restart reads only what changed meanwhile") {
    for (const auto kept : {world::copies::memory, world::copies::lmdb}) {
      world w{kept};
      make_topics(w, 4, 3);
      w.write_all("words", dictionary(60, "słowo"));
      processor p{translators()};
      processor q{translators()};
      const auto first = w.start(p, w.member("a"));
      auto second = w.start(q, w.member("b"));
      REQUIRE(w.until([&] { return p.status().partitions.size() == 2 && q.status().partitions.size() == 2; }));
      CHECK(p.status().lookups.front().rows == 60);
      CHECK(q.status().lookups.front().rows == 60);
      w.stop(q, second);
      w.write("words", "dog", "pies");
      second = w.start(q, w.member("b"));
      REQUIRE(w.until([&] { return q.status().partitions.size() == 2 && lookup_caught_up(w, q); }));
      std::uint64_t read = 0;
      const auto status = q.status();
      for (const auto& s : status.lookups.front().partitions) read += s.in.records;
      CHECK(read == 1);
      CHECK(q.status().lookups.front().rows == 61);
      w.stop(q, second);
      w.stop(p, first);
    }
  }

  TEST_CASE("while the broker is away a suspended callback looks up what was there last, and it goes on afterwards") {
    world w;
    make_topics(w, 1, 2);
    w.write("words", "dog", "pies");
    group<std::string> g{"translators"};
    std::string meanwhile;
    async::event go{w.threads.executor()};
    g.input(messages, [&](context<std::string>& ctx, std::string word) -> task<> {
      co_await go.wait();
      meanwhile = ctx.lookup(words, "dog").value_or("(none)");
      ctx.set(ctx.lookup(words, word).value_or("(none)"));
    });
    g.lookup(words);
    processor p{g};
    const auto run = w.start(p, w.member("a"));
    w.write("messages", "anna", "dog");
    REQUIRE(w.until([&] {
      return p.status().partitions.size() == 1 && p.status().partitions.front().inputs.front().in.records == 1;
    }));
    w.broker->set_reachable(false);
    w.threads.advance(40s);
    CHECK(p.status().lookups.front().state == view_state::disconnected);
    go.set();
    w.threads.advance(100ms);
    CHECK(meanwhile == "pies");
    w.broker->set_reachable(true);
    w.write("words", "dog", "pieseł");
    REQUIRE_MESSAGE(w.until([&] { return caught_up(w, p) && lookup_caught_up(w, p); }), test::story(w, p));
    CHECK(translated(w, p, "dog") == "pieseł");
    w.stop(p, run);
    CHECK(run.failure().empty());
  }

  TEST_CASE("a looked-up table that is made anew is read anew before the next callback") {
    world w;
    make_topics(w, 1, 2);
    w.write_all("words", dictionary(50, "słowo"));
    processor p{translators()};
    const auto run = w.start(p, w.member("a"));
    CHECK(translated(w, p, "word7") == "słowo7");
    REQUIRE(w.broker->remove_topic(topic_name{"words"}));
    w.create("words", 3, {{"cleanup.policy", "compact"}});
    w.write_all("words", dictionary(10, "wort"));
    REQUIRE_MESSAGE(w.until([&] {
      return lookup_caught_up(w, p) && p.status().lookups.front().partitions.size() == 3 &&
             p.status().lookups.front().rows == 10;
    }),
                    test::story(w, p));
    CHECK(translated(w, p, "word7") == "wort7");
    CHECK(translated(w, p, "word20") == "(word20)");
    w.stop(p, run);
  }

  TEST_CASE("a table may be joined, looked up, and an input, all at once") {
    world w;
    w.create("messages", 2);
    w.create("words", 2, {{"cleanup.policy", "compact"}});
    group<std::string> g{"all"};
    g.input(messages, [](context<std::string>& ctx, std::string word) {
      ctx.set(ctx.value().value_or("") + " " + ctx.join(words).value_or("(none)") + " " +
              ctx.lookup(words, word).value_or("(none)"));
    });
    g.input(stream<std::string>{"words"}, [](context<std::string>& ctx, std::string word) { ctx.set("got " + word); });
    g.join(words).lookup(words);
    processor p{g};
    const auto run = w.start(p, w.member("a"));
    w.write("words", "anna", "Anna");
    w.write("words", "dog", "pies");
    REQUIRE_MESSAGE(w.until([&] { return caught_up(w, p) && lookup_caught_up(w, p); }), test::story(w, p));
    w.threads.advance(1s);
    CHECK(translated(w, p, "dog") == "got Anna Anna pies");
    w.stop(p, run);
    CHECK(run.failure().empty());
  }

  TEST_CASE("a processor may be stopped while its lookups are read, also with no broker there") {
    world w;
    make_topics(w, 2, 2);
    w.write_all("words", dictionary(100, "słowo"));
    processor p{translators()};
    for (const auto after : {0ms, 5ms, 10ms, 15ms, 20ms, 30ms}) {
      const auto run = w.start(p, w.member("a"));
      w.threads.advance(after);
      if (after == 15ms) w.broker->set_reachable(false);
      w.threads.advance(1ms);
      p.stop();
      REQUIRE(w.until([&] { return run.ended(); }, 11s));
      CHECK(run.failure().empty());
      w.broker->set_reachable(true);
    }
    const auto run = w.start(p, w.member("a"));
    CHECK(translated(w, p, "word5") == "słowo5");
    w.stop(p, run);
  }

  TEST_CASE("a missing looked-up table is an error with its cure, or is made compacted") {
    world w;
    w.create("messages", 2);
    processor p{translators()};
    const auto run = w.start(p, w.member("a"));
    REQUIRE(w.until([&] { return run.ended(); }));
    CHECK(run.failure().find("lookup 'words'") != std::string::npos);
    processor makes{translators(), {.create_topics = topic_creation::all, .new_topic_partitions = 3}};
    const auto second = w.start(makes, w.member("a"));
    REQUIRE(w.until([&] { return makes.status().partitions.size() == 2; }));
    CHECK(w.broker->topics().find(topic_name{"words"})->partitions() == 3);
    CHECK(translated(w, makes, "dog") == "(dog)");
    w.stop(makes, second);
  }
}

}  // namespace corka
