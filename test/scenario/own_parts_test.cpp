// Parts that a program brings along: a store for local copies, functions for the partitions of keys.
#include "own_store/file_store.hpp"
#include "support/world.hpp"

#include <corka/emitter.hpp>
#include <corka/group.hpp>
#include <corka/view.hpp>

#include <doctest/doctest.h>

#include <cstdint>
#include <filesystem>
#include <map>
#include <memory>
#include <string>
#include <vector>

namespace corka {

namespace {

using namespace std::chrono_literals;
using test::caught_up;
using test::world;

const stream<std::string> clicks{"clicks"};
const table<std::string> profiles{"profiles"};

group<std::int64_t> counters() {
  group<std::int64_t> g{"counters"};
  g.input(clicks, [](context<std::int64_t>& ctx, std::string) {
    ctx.set(ctx.value().value_or(0) + (ctx.join(profiles) ? 100 : 1));
  });
  g.join(profiles);
  return g;
}

/// A member whose local copies are files.
struct on_files {
  explicit on_files(world& w)
      : process{w.threads,
                w.cluster,
                std::make_shared<file_store_factory>(),
                folder.path(),
                "files",
                [&w](log_level, std::string_view, std::string_view text) { w.log.emplace_back(text); }} {}
  [[nodiscard]] std::size_t files() const {
    std::size_t n = 0;
    for (const auto& f : std::filesystem::recursive_directory_iterator{folder.path()}) {
      if (f.path().filename() == "rows.log") ++n;
    }
    return n;
  }
  test::temporary_folder folder;
  test::instance process;
};

std::uint64_t recovered(const processor& p) {
  std::uint64_t sum = 0;
  for (const auto& s : p.status().partitions) sum += s.table->recovery ? s.table->recovery->records : 0;
  return sum;
}

std::vector<std::pair<std::string, std::string>> users(int n) {
  std::vector<std::pair<std::string, std::string>> all;
  for (int i = 0; i < n; ++i) all.emplace_back("user" + std::to_string(i), "x");
  return all;
}

// The number before the dash is the partition.
constexpr partitioner by_prefix{"by-prefix", [](std::string_view key, std::int32_t partitions) {
                                  return static_cast<std::int32_t>(key.front() - '0') % partitions;
                                }};

}  // namespace

TEST_SUITE("own parts") {
  TEST_CASE("a group, its joins and a view run on a store of the program's own, and go on from it") {
    world w;
    w.create("clicks", 2);
    w.create("profiles", 2, {{"cleanup.policy", "compact"}});
    w.write("profiles", "user7", "known");
    on_files on{w};
    processor p{counters()};
    view<std::int64_t> counts{counters().table()};
    for (int round = 1; round <= 3; ++round) {
      const auto run = w.start(p, on.process);
      REQUIRE(w.until([&] { return p.status().state == processor_state::running; }));
      const auto viewing = w.start(counts, on.process);
      w.write_all("clicks", users(100));
      REQUIRE_MESSAGE(w.until([&] { return caught_up(w, p); }), test::story(w, p));
      CHECK(w.row(p, "user3") == std::to_string(round));
      CHECK(w.row(p, "user7") == std::to_string(round * 100));
      CHECK(w.until([&] { return counts.state() == view_state::running && counts.get("user3") == round; }));
      // Nothing is read that a file has.
      CHECK(recovered(p) == 0);
      w.stop(p, run);
      w.stop(counts, viewing);
      CHECK(run.failure().empty());
      CHECK(viewing.failure().empty());
    }
    // Two partitions each of the table, its join, and the view.
    CHECK(on.files() == 6);

    // Also after a crash, from where the file stands.
    auto run = w.start(p, on.process);
    w.write_all("clicks", users(100));
    w.threads.advance(20ms);
    p.stop();
    p.stop();
    REQUIRE(w.until([&] { return run.ended(); }));
    run = w.start(p, on.process);
    REQUIRE_MESSAGE(w.until([&] { return caught_up(w, p); }), test::story(w, p));
    CHECK(recovered(p) <= 100);
    CHECK(std::stoi(w.row(p, "user3")) >= 4);
    w.stop(p, run);
  }

  TEST_CASE("keys go where a function of the program says: records, loops, rows, joins and views") {
    world w;
    w.create("in", 4);
    w.create("names", 4, {{"cleanup.policy", "compact"}});
    w.create("out", 8);
    const stream<std::string> in{"in", {}, by_prefix};
    const table<std::string> names{"names", {}, by_prefix};
    const stream<std::string> out{"out", {}, by_prefix};
    group<std::int64_t> g{"own"};
    g.input(in, [&](context<std::int64_t>& ctx, std::string) {
      ctx.emit(out, ctx.key(), ctx.join(names).value_or("nobody"));
      ctx.loop(ctx.key(), std::string{"again"});
      ctx.set(ctx.value().value_or(0) + 1);
    });
    g.loop<std::string>([](context<std::int64_t>& ctx, const std::string&) { ctx.set(ctx.value().value_or(0) + 10); });
    g.join(names).output(out);
    processor p{g, {.create_topics = topic_creation::all}};
    view<std::int64_t> counts{g.table()};
    emitter<std::string> to_in{in};
    emitter<std::string> to_names{stream<std::string>{"names", {}, by_prefix}};
    auto& a = w.member("a");
    const auto run = w.start(p, a);
    const auto naming = w.start(to_names, a);
    const auto emitting = w.start(to_in, a);
    REQUIRE(w.until([&] { return caught_up(w, p); }));
    const auto viewing = w.start(counts, a);
    for (const auto* key : {"0-anna", "3-bob", "5-cleo"}) to_names.emit(key, std::string{key} + "!");
    REQUIRE(w.until([&] { return w.records("names").size() == 3; }));
    w.threads.advance(200ms);
    for (const auto* key : {"0-anna", "3-bob", "5-cleo"}) to_in.emit(key, "x");
    REQUIRE(w.until([&] { return w.records("in").size() == 3; }));
    REQUIRE_MESSAGE(w.until([&] { return caught_up(w, p) && w.row(p, "5-cleo") == "11"; }), test::story(w, p));
    CHECK(w.row(p, "0-anna") == "11");
    CHECK(w.row(p, "3-bob") == "11");
    for (const auto* topic : {"in", "names", "own-loop", "own-table"}) {
      for (const auto& r : w.records(topic)) CHECK(r.partition == (r.key.front() - '0') % 4);
    }
    for (const auto& r : w.records("out")) {
      CHECK(r.partition == r.key.front() - '0');
      CHECK(r.value == r.key + "!");
    }
    CHECK(w.until([&] { return counts.state() == view_state::running && counts.get("5-cleo") == 11; }));
    w.stop(counts, viewing);
    w.stop(to_in, emitting);
    w.stop(to_names, naming);
    w.stop(p, run);
    CHECK(run.failure().empty());
  }

  TEST_CASE("whoever names another function for a topic that the program uses is refused, with the cure") {
    world w;
    w.create("in", 4);
    group<std::int64_t> g{"own"};
    g.input(stream<std::string>{"in", {}, by_prefix}, [](context<std::int64_t>&, const std::string&) {});
    processor p{g};
    auto& a = w.member("a");
    const auto run = w.start(p, a);
    REQUIRE(w.until([&] { return caught_up(w, p); }));
    const auto refusal = [&](service& what) {
      const auto refused = w.start(what, a);
      REQUIRE(w.until([&] { return refused.ended(); }));
      return refused.failure();
    };
    emitter<std::string> wrong{stream<std::string>{"in"}};
    CHECK(
        refusal(wrong) ==
        "the emitter for 'in' partitions topic 'in' by fnv1a, and group 'own', which runs already, by by-prefix: a key "
        "would be in two partitions; give both handles of the topic the same partitioner");
    view<std::int64_t> looking{table<std::int64_t>{"own-table", {}, partitioner::murmur2}};
    CHECK(refusal(looking).find("the view of table 'own-table' partitions topic 'own-table' by murmur2") == 0);
    group<> other{"other"};
    other.input(stream<std::string>{"in"}, [](context<void>&, const std::string&) {});
    processor also{other};
    CHECK(refusal(also).find("group 'other' partitions topic 'in' by fnv1a") == 0);

    // Elsewhere, and once the group has ended, it is nobody's business.
    const auto elsewhere = w.start(also, w.member("b"));
    REQUIRE(w.until([&] { return caught_up(w, also); }));
    w.stop(also, elsewhere);
    w.stop(p, run);
    const auto later = w.start(also, a);
    REQUIRE(w.until([&] { return caught_up(w, also); }));
    w.stop(also, later);
  }

  TEST_CASE("a function that gives a partition that there is not fails the callback, or the emission, by name") {
    world w;
    w.create("in", 1);
    w.create("out", 2);
    constexpr partitioner lost{"lost", [](std::string_view, std::int32_t n) { return n; }};
    const stream<std::string> out{"out", {}, lost};
    group<> g{"own"};
    g.input(stream<std::string>{"in"}, [&](context<void>& ctx, const std::string&) { ctx.emit(out, ctx.key(), "x"); });
    g.output(out);
    processor p{g};
    const auto run = w.start(p, w.member("a"));
    w.write("in", "anna", "x");
    REQUIRE(w.until([&] { return run.ended(); }));
    CHECK(run.failure().find("in/0@0") != std::string::npos);
    CHECK(run.failure().find("partitioner 'lost' gave partition 2 of 2") != std::string::npos);

    emitter<std::string> to{out};
    const auto emitting = w.start(to, w.member("a"));
    to.emit("anna", "x");
    std::string failure;
    bool done = false;
    w.threads.start([](emitter<std::string>& of, std::string& why, bool& ended) -> task<> {
      try {
        co_await of.flush();
      } catch (const std::exception& e) { why = e.what(); }
      ended = true;
    }(to, failure, done));
    REQUIRE(w.until([&] { return done; }));
    CHECK_FALSE(failure.empty());
    w.stop(to, emitting);
  }
}

}  // namespace corka
