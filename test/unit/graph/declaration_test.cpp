#include <corka/error.hpp>
#include <corka/group.hpp>

#include <doctest/doctest.h>

#include <algorithm>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

namespace corka {

namespace {

const stream<std::int64_t> numbers{"numbers"};
const stream<std::string> words{"words"};

void ignore_number(context<std::int64_t>&, std::int64_t) {}
void ignore_word(context<std::int64_t>&, std::string) {}

// A coroutine that borrows its value would read what is gone after its first await: refused where it is compiled.
using state_context = context<std::int64_t>;
struct borrowing {
  task<> operator()(state_context& ctx, const std::string& word) const;
};
struct owning {
  task<> operator()(state_context& ctx, std::string word) const;
};
template <class F>
constexpr bool borrows_word = detail::borrows<1, F, state_context, std::string>();
static_assert(borrows_word<borrowing>);
static_assert(borrows_word<task<> (*)(state_context&, const std::string&)>);
static_assert(borrows_word<task<> (*)(state_context&, const std::string&) noexcept>);
static_assert(borrows_word<decltype([](auto&, const auto&) -> task<> { co_return; })>);
static_assert(borrows_word<decltype([](auto&, auto&&) noexcept -> task<> { co_return; })>);
static_assert(!borrows_word<owning>);
static_assert(!borrows_word<task<> (*)(state_context&, std::string)>);
static_assert(!borrows_word<decltype([](auto&, auto) -> task<> { co_return; })>);
// All that follows the context counts: of the old and the new row either.
static_assert(
    detail::borrows<1, task<> (*)(state_context&, int, const std::string&), state_context, int, std::string>());
static_assert(
    detail::borrows<1, task<> (*)(state_context&, const int&, std::string), state_context, int, std::string>());
static_assert(!detail::borrows<1, task<> (*)(state_context&, int, std::string), state_context, int, std::string>());
// And nothing comes before an HTTP request.
static_assert(detail::borrows<0, decltype([](const std::string&) mutable {}), std::string>());
static_assert(!detail::borrows<0, decltype([](std::string) mutable {}), std::string>());
static_assert(std::is_same_v<context<>, context<void>>);

bool mentions(const declaration& d, std::string_view text) {
  const auto all = d.problems();
  return std::ranges::any_of(all, [&](const std::string& p) { return p.find(text) != std::string::npos; });
}

}  // namespace

TEST_SUITE("group declaration") {
  TEST_CASE("a group with an input is complete") {
    group<std::int64_t> g{"counters"};
    g.input(numbers, ignore_number).output(words);
    CHECK(g.declared().problems().empty());
    CHECK_NOTHROW(g.declared().validate());
  }

  TEST_CASE("describes itself, an edge a line") {
    group<std::int64_t> g{"counters"};
    g.input(numbers, ignore_number).loop<std::string>(ignore_word).output(words);
    const auto lines = g.describe();
    REQUIRE(lines.size() == 4);
    CHECK(lines[0] == "input numbers: decimal");
    CHECK(lines[1] == "loop counters-loop: text");
    CHECK(lines[2] == "table counters-table: decimal");
    CHECK(lines[3] == "output words: text");
  }

  TEST_CASE("concurrency is for coroutines, and shown") {
    const auto waits = [](context<std::int64_t>&, std::int64_t) -> task<> { co_return; };
    group<std::int64_t> g{"counters"};
    g.input(numbers, waits, {.concurrency = 64});
    CHECK(g.declared().problems().empty());
    CHECK(g.describe().front() == "input numbers: decimal, concurrency 64");
    group<std::int64_t> plain{"counters"};
    plain.input(numbers, ignore_number, {.concurrency = 2}).loop<std::string>(ignore_word, {.concurrency = 0});
    CHECK(mentions(plain.declared(), "input 'numbers' has concurrency 2, but its callback never waits"));
    CHECK(mentions(plain.declared(), "loop 'counters-loop' has concurrency 0: 1 to 100000 is possible"));
  }

  TEST_CASE("visitors are described; each needs a name of its own") {
    group<std::int64_t> g{"counters"};
    g.input(numbers, ignore_number);
    g.visitor<int>("reset", [](context<std::int64_t>&, int) {});
    CHECK(g.describe().back() == "visitor reset");
    CHECK(g.declared().problems().empty());
    g.visitor<long>("reset", [](context<std::int64_t>&, long) {});
    g.visitor<int>("", [](context<std::int64_t>&, int) {});
    CHECK(mentions(g.declared(), "visitor 'reset' is declared twice"));
    CHECK(mentions(g.declared(), "a visitor has no name"));
  }

  TEST_CASE("the driver is the first input in name order, whatever the order of declaration") {
    group<std::int64_t> g{"counters"};
    g.input(words, ignore_word).input(numbers, ignore_number);
    CHECK(g.declared().driver() == numbers.topic());
  }

  TEST_CASE("all that is wrong is said at once, with the cure") {
    group<std::int64_t> g{
        "bad name", {.table_suffix = "-table", .loop_suffix = "-table", .idle_wait = std::chrono::milliseconds{-1}}};
    g.loop<std::string>(ignore_word).loop<std::string>(ignore_word);
    g.output(words).output(words);
    const auto& d = g.declared();
    CHECK(mentions(d, "add .input(stream, callback)"));
    CHECK(mentions(d, "group name 'bad name' has a character that Kafka does not allow"));
    CHECK(mentions(d, "group_options.idle_wait is -1 ms"));
    CHECK(mentions(d, "declares 2 loops"));
    CHECK(mentions(d, "give them different suffixes"));
    CHECK(mentions(d, "output 'words' is declared twice"));
    try {
      d.validate();
      FAIL("an invalid declaration was accepted");
    } catch (const error& e) {
      CHECK(e.kind() == errc::invalid_declaration);
      CHECK(std::string{e.what()}.find("declares 2 loops") != std::string::npos);
      CHECK(std::string{e.what()}.find("declared twice") != std::string::npos);
    }
  }

  TEST_CASE("own table and loop are no inputs or outputs") {
    group<std::int64_t> g{"counters"};
    g.input(stream<std::int64_t>{"counters-table"}, ignore_number);
    g.output(stream<std::string>{"counters-loop"});
    g.loop<std::string>(ignore_word);
    CHECK(mentions(g.declared(), "use ctx.value()"));
    CHECK(mentions(g.declared(), "use ctx.loop()"));
  }

  TEST_CASE("an input twice has two callbacks, which cannot be") {
    group<std::int64_t> g{"counters"};
    g.input(numbers, ignore_number).input(numbers, ignore_number);
    CHECK(mentions(g.declared(), "input 'numbers' is declared twice"));
  }

  TEST_CASE("inputs with different partitioners would put a key in two partitions") {
    group<std::int64_t> g{"counters"};
    g.input(numbers, ignore_number).input(stream<std::string>{"words", {}, partitioner::murmur2}, ignore_word);
    CHECK(mentions(g.declared(), "have different partitioners"));
  }

  TEST_CASE("joins and lookups are edges of their own, also of a topic that is an input with another codec") {
    group<std::int64_t> g{"counters"};
    g.input(words, ignore_word).join(table<std::int64_t>{"words"}).lookup(table<std::string>{"names"});
    CHECK(g.declared().problems().empty());
    const auto lines = g.describe();
    REQUIRE(lines.size() == 4);
    CHECK(lines[0] == "input words: text");
    CHECK(lines[2] == "join words: decimal");
    CHECK(lines[3] == "lookup names: text");
  }

  TEST_CASE("what cannot be joined or looked up is said, all of it, with the cure") {
    group<std::int64_t> g{"counters"};
    g.input(numbers, ignore_number).loop<std::string>(ignore_word).output(words);
    g.join(g.table()).lookup(g.table()).join(table<std::string>{"counters-loop"});
    g.join(table<std::string>{"names"}).join(table<std::string>{"names"});
    g.lookup(table<std::string>{"a b"}).lookup(table<std::string>{"words", {}, partitioner::murmur2});
    g.join(table<std::string>{"java", {}, partitioner::murmur2});
    const auto& d = g.declared();
    CHECK(mentions(d, "join 'counters-table' is the group's own table: use ctx.value()"));
    CHECK(mentions(d, "lookup 'counters-table' is the group's own table"));
    CHECK(mentions(d, "join 'counters-loop' is the group's own loop"));
    CHECK(mentions(d, "join 'names' is declared twice"));
    CHECK(mentions(d, "lookup name 'a b' has a character"));
    CHECK(mentions(d, "topic 'words' is declared with two partitioners"));
    CHECK(mentions(d, "join 'java' and input 'numbers' have different partitioners"));
    CHECK(d.problems().size() == 7);
  }

  TEST_CASE("a callback for changes belongs to a join, shown there; what it cannot belong to is said with the cure") {
    const auto ignore = [](context<std::int64_t>&, std::optional<std::string>, std::optional<std::string>) {};
    const table<std::string> names{"names"};
    group<std::int64_t> g{"counters"};
    g.input(numbers, ignore_number).on_change(names, ignore).join(names);
    CHECK(g.declared().problems().empty());
    CHECK(g.describe().back() == "join names: text, on_change");
    g.on_change(names, ignore);
    CHECK(mentions(g.declared(), "on_change of 'names' is declared twice"));

    group<std::int64_t> wrong{"counters"};
    wrong.input(numbers, ignore_number).input(words, ignore_word).join(table<std::string>{"words"});
    wrong.lookup(table<std::string>{"looked-up"});
    wrong.on_change(table<std::string>{"words"}, ignore).on_change(table<std::string>{"looked-up"}, ignore);
    wrong.on_change(names, ignore);
    CHECK(mentions(wrong.declared(), "on_change of 'words', which is an input as well"));
    CHECK(mentions(wrong.declared(), "on_change of lookup 'looked-up': it has rows of any key"));
    CHECK(mentions(wrong.declared(), "on_change of 'names' without a join: add .join(names) to the group"));
    CHECK(wrong.declared().problems().size() == 3);
  }

  TEST_CASE("partitioners other than the default are shown, and the loop and the table have the inputs'") {
    constexpr partitioner by_length{
        "by-length", [](std::string_view key, std::int32_t n) { return static_cast<std::int32_t>(key.size()) % n; }};
    const stream<std::int64_t> java{"java", {}, partitioner::murmur2};
    for (const bool loop_first : {false, true}) {
      group<std::int64_t> g{"counters"};
      if (loop_first) g.loop<std::string>(ignore_word);
      g.input(java, ignore_number);
      if (!loop_first) g.loop<std::string>(ignore_word);
      g.output(stream<std::string>{"out", {}, by_length});
      g.lookup(table<std::string>{"own", {}, by_length});
      CHECK(g.declared().problems().empty());
      CHECK(g.table().partition_by() == partitioner::murmur2);
      CHECK(g.describe() == std::vector<std::string>{"input java: decimal, partitioned by murmur2",
                                                     "loop counters-loop: text, partitioned by murmur2",
                                                     "table counters-table: decimal",
                                                     "lookup own: text, partitioned by by-length",
                                                     "output out: text, partitioned by by-length"});
      g.output(stream<std::string>{"own"});
      CHECK(mentions(g.declared(), "topic 'own' is declared with two partitioners, by-length and fnv1a"));
    }
  }

  TEST_CASE("suffixes are the group's own") {
    group<std::int64_t> g{"counters", {.table_suffix = ".state"}};
    CHECK(g.table().topic().str() == "counters.state");
  }
}

}  // namespace corka
