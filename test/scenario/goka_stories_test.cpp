// What goka's users rely on: taking its groups over, and the stories of its system tests.
#include "support/world.hpp"

#include <corka/group.hpp>

#include <doctest/doctest.h>

#include <array>
#include <cstdint>
#include <list>
#include <map>
#include <string>
#include <vector>

namespace corka {

namespace {

using namespace std::chrono_literals;
using test::caught_up;
using test::running;
using test::story;
using test::world;

const stream<std::int64_t> numbers{"numbers"};

/// Sums by key, as goka's first examples do.
group<std::int64_t> sums() {
  group<std::int64_t> g{"sums"};
  g.input(numbers, [](context<std::int64_t>& ctx, std::int64_t n) { ctx.set(ctx.value().value_or(0) + n); });
  return g;
}

void write_some(world& w, int keys, std::int64_t each, std::map<std::string, std::int64_t>* truth = nullptr) {
  std::vector<std::pair<std::string, std::string>> records;
  for (int i = 0; i < keys; ++i) {
    records.emplace_back("key-" + std::to_string(i), std::to_string(each));
    if (truth != nullptr) (*truth)[records.back().first] += each;
  }
  w.write_all("numbers", records);
}

/// Commits for a group as a stopped member of another library left it.
void commit_as_goka(world& w, const std::string& group, const std::string& topic, std::vector<std::int64_t> next) {
  std::vector<kafka::position> at;
  for (std::size_t p = 0; p < next.size(); ++p)
    at.push_back({{topic_name{topic}, partition_id{static_cast<std::int32_t>(p)}}, offset{next[p]}});
  w.commit(group, at);
}

}  // namespace

TEST_SUITE("a goka group") {
  TEST_CASE("that was stopped goes on under corka: its table, its offsets, its places of keys; and back") {
    world w;
    // As goka makes them: the table compacted, two partitions, keys by FNV-1a, numbers as text.
    w.create("numbers", 2);
    w.create("sums-table", 2, {{"cleanup.policy", "compact"}});
    w.write("numbers", "key1", "40");  // FNV-1a of "key1": partition 1 of 2, of "some-key" too, of "key2": 0
    w.write("numbers", "key2", "7");
    w.write("numbers", "some-key", "5");
    w.write("sums-table", "key1", "40");
    w.write("sums-table", "key2", "7");
    w.write("sums-table", "gone", "1");
    w.write("sums-table", "gone", std::nullopt);
    for (const auto& r : w.records("sums-table")) {
      if (r.key == "key1") CHECK(r.partition == 1);
      if (r.key == "key2") CHECK(r.partition == 0);
    }
    // It had done key1 and key2; some-key's record was not committed.
    commit_as_goka(w, "sums", "numbers", {1, 1});

    processor p{sums()};
    const auto run = w.start(p, w.member("a"));
    REQUIRE_MESSAGE(w.until([&] { return caught_up(w, p); }), story(w, p));
    CHECK(w.row(p, "key1") == "40");
    CHECK(w.row(p, "key2") == "7");
    CHECK(w.row(p, "some-key") == "5");
    CHECK(w.row(p, "gone") == "(none)");
    w.write("numbers", "key1", "2");
    REQUIRE(w.until([&] { return caught_up(w, p); }));
    CHECK(w.row(p, "key1") == "42");
    w.stop(p, run);

    // Back: what a goka member finds when it starts. Text, plain keys, nulls for erased rows, next offsets.
    CHECK(w.committed("sums", "numbers", 0) == 1);
    CHECK(w.committed("sums", "numbers", 1) == 3);
    const auto rows = w.table("sums-table");
    CHECK(rows == std::map<std::string, std::string>{{"key1", "42"}, {"key2", "7"}, {"some-key", "5"}});
    for (const auto& r : w.records("sums-table")) {
      CHECK(r.headers.empty());
      if (r.key == "some-key") CHECK(r.partition == 1);
    }
  }
}

TEST_SUITE("stories") {
  TEST_CASE("a message that is done is not processed again by the processors that follow") {
    world w;
    w.create("numbers", 1);
    for (int i = 0; i < 10; ++i) w.write("numbers", "sum", "1");
    for (int i = 0; i < 3; ++i) {
      processor p{sums()};
      const auto run = w.start(p, w.member("a"));
      REQUIRE(w.until([&] { return caught_up(w, p); }));
      CHECK(w.row(p, "sum") == "10");
      w.stop(p, run);
    }
  }

  TEST_CASE("twenty partitions, five members that come each two seconds and stay sixteen, under load: all end well") {
    world w{world::copies::lmdb};
    w.create("numbers", 20);
    struct member {
      processor runs{sums(), {.standby_replicas = 1, .recover_ahead = true}};
      running run;
      clock::time_point since{};
      bool stopped = false;
    };
    std::list<member> members;
    std::map<std::string, std::int64_t> truth;
    const auto begin = w.threads.time().now();
    while (members.size() < 5 || !members.back().stopped) {
      const auto now = w.threads.time().now();
      if (members.size() < 5 && now - begin >= 2s * members.size()) {
        auto& m = members.emplace_back();
        m.since = now;
        m.run = w.start(m.runs, w.member("m" + std::to_string(members.size())));
      }
      for (auto& m : members) {
        if (!m.stopped && now - m.since >= 16s) {
          m.stopped = true;
          m.runs.stop();
        }
        if (!m.stopped) REQUIRE_MESSAGE(!m.run.ended(), m.run.failure());
      }
      write_some(w, 40, 1, &truth);
      w.threads.advance(100ms);
    }
    for (auto& m : members) {
      REQUIRE(w.until([&] { return m.run.ended(); }));
      CHECK(m.run.failure().empty());
    }
    // Whoever comes after them finds everything, once.
    processor last{sums()};
    const auto run = w.start(last, w.member("last"));
    REQUIRE(w.until([&] { return caught_up(w, last); }));
    for (const auto& [key, sum] : truth) CHECK(w.row(last, key) == std::to_string(sum));
    w.stop(last, run);
  }

  TEST_CASE("twelve processors one after another under load: every sum is at least what was sent, and here exactly") {
    world w;
    w.create("numbers", 10);
    std::map<std::string, std::int64_t> truth;
    for (int i = 0; i < 12; ++i) {
      processor p{sums()};
      const auto run = w.start(p, w.member("m" + std::to_string(i)));
      for (int round = 0; round < 20; ++round) {
        write_some(w, 23, 1, &truth);
        w.threads.advance(23ms);
      }
      p.stop();  // graceful, in the middle of it
      write_some(w, 23, 1, &truth);
      REQUIRE(w.until([&] { return run.ended(); }));
      CHECK(run.failure().empty());
    }
    processor p{sums()};
    const auto run = w.start(p, w.member("last"));
    REQUIRE(w.until([&] { return caught_up(w, p); }));
    for (const auto& [key, sum] : truth) CHECK(w.row(p, key) == std::to_string(sum));
    w.stop(p, run);
  }

  TEST_CASE("five inputs, one key, records one by one and many at once: the exact sum") {
    world w;
    group<std::int64_t> g{"five"};
    const std::array<std::string, 5> names{"in1", "in2", "in3", "in4", "in5"};
    for (const auto& name : names) {
      w.create(name, 1);
      g.input(stream<std::int64_t>{name},
              [](context<std::int64_t>& ctx, std::int64_t n) { ctx.set(ctx.value().value_or(0) + n); });
    }
    processor p{g};
    const auto run = w.start(p, w.member("a"));
    std::int64_t sum = 0;
    for (std::int64_t i = 0; i < 200; ++i) {
      const auto& name = names[static_cast<std::size_t>(i * 7 % 5)];
      sum += i;
      if (i % 3 == 0) {
        w.write(name, "key", std::to_string(i));
      } else {
        w.write_all(name, {{"key", std::to_string(i)}, {"key", "1"}});
        ++sum;
      }
    }
    REQUIRE_MESSAGE(w.until([&] { return caught_up(w, p); }), story(w, p));
    CHECK(w.row(p, "key") == std::to_string(sum));
    CHECK(w.table("five-table").at("key") == std::to_string(sum));
    w.stop(p, run);
  }

  TEST_CASE("a group that works in another way refuses a member, and says what to do") {
    world w;
    w.create("numbers", 2);
    processor p{sums()};
    const auto run = w.start(p, w.member("a"));
    REQUIRE(w.until([&] { return caught_up(w, p); }));
    processor q{sums(), {.protocol = membership::range}};
    const auto other = w.start(q, w.member("b"));
    REQUIRE(w.until([&] { return other.ended(); }));
    CHECK(other.failure().find("all members of a group need the same inputs and the same membership") !=
          std::string::npos);
    w.stop(p, run);
  }
}

}  // namespace corka
