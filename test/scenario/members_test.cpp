#include "support/world.hpp"

#include <corka/group.hpp>

#include <doctest/doctest.h>

#include <cstdint>
#include <set>
#include <string>

namespace corka {

namespace {

using namespace std::chrono_literals;
using test::caught_up;
using test::running;
using test::world;

const stream<std::string> clicks{"clicks"};
const stream<std::string> views{"views"};

group<std::int64_t> counters() {
  group<std::int64_t> g{"counters"};
  const auto count = [](context<std::int64_t>& ctx, std::string) { ctx.set(ctx.value().value_or(0) + 1); };
  g.input(clicks, count).input(views, count);
  return g;
}

std::set<std::int32_t> numbers(const processor& p) {
  std::set<std::int32_t> out;
  for (const auto& s : p.status().partitions) out.insert(s.partition);
  return out;
}

bool share(const world& w, const processor& p, const processor& q, std::size_t each) {
  const auto a = numbers(p);
  const auto b = numbers(q);
  return a.size() == each && b.size() == each && caught_up(w, p) && caught_up(w, q);
}

std::int64_t total(world& w) {
  std::int64_t sum = 0;
  for (const auto& [key, value] : w.table("counters-table")) sum += std::stoll(value);
  return sum;
}

void write_some(world& w, int n) {
  std::vector<std::pair<std::string, std::string>> records;
  for (int i = 0; i < n; ++i) records.emplace_back("user" + std::to_string(i), "page");
  w.write_all("clicks", records);
  w.write_all("views", records);
}

}  // namespace

TEST_SUITE("members") {
  TEST_CASE("a second member takes half, kept partitions stay, and counts are exact") {
    for (const auto protocol : {membership::lease, membership::range}) {
      CAPTURE(static_cast<int>(protocol));
      world w;
      w.create("clicks", 8);
      w.create("views", 8);
      processor p{counters(), {.protocol = protocol}};
      processor q{counters(), {.protocol = protocol}};
      const auto first = w.start(p, w.member("a"));
      write_some(w, 100);
      REQUIRE(w.until([&] { return caught_up(w, p) && numbers(p).size() == 8; }));
      const auto second = w.start(q, w.member("b"));
      write_some(w, 100);
      REQUIRE(w.until([&] { return share(w, p, q, 4); }));
      for (const auto n : numbers(q)) CHECK_FALSE(numbers(p).contains(n));
      write_some(w, 100);
      REQUIRE(w.until([&] { return share(w, p, q, 4) && total(w) == 600; }));
      // Clean moves: nothing is counted twice.
      w.stop(q, second);
      write_some(w, 100);
      REQUIRE(w.until([&] { return caught_up(w, p) && numbers(p).size() == 8 && total(w) >= 800; }));
      CHECK(total(w) == 800);
      w.stop(p, first);
      CHECK(first.failure().empty());
      CHECK(second.failure().empty());
    }
  }

  TEST_CASE("partitions of a member that vanishes are taken over, and nothing is lost") {
    world w;
    w.create("clicks", 8);
    w.create("views", 8);
    processor p{counters()};
    processor q{counters()};
    const auto first = w.start(p, w.member("a"));
    const auto second = w.start(q, w.member("b"));
    write_some(w, 100);
    REQUIRE(w.until([&] { return share(w, p, q, 4); }));
    write_some(w, 100);
    w.threads.advance(5ms);
    w.broker->expire(group_name{"counters"}, "counters");  // both lose their session: storms are survived
    write_some(w, 100);
    REQUIRE(w.until([&] { return caught_up(w, p) && caught_up(w, q) && numbers(p).size() + numbers(q).size() == 8; }));
    CHECK(total(w) >= 600);
    w.stop(q, second);
    w.stop(p, first);
    CHECK(first.failure().empty());
    CHECK(second.failure().empty());
  }

  TEST_CASE("a partition comes back to its local copy without reading the changelog") {
    world w;
    w.create("clicks", 4);
    w.create("views", 4);
    processor p{counters()};
    const auto first = w.start(p, w.member("a"));
    write_some(w, 50);
    REQUIRE_MESSAGE(w.until([&] { return caught_up(w, p); }), test::story(w, p));
    for (int i = 0; i < 3; ++i) {
      processor q{counters()};
      const auto second = w.start(q, w.member("b"));
      REQUIRE(w.until([&] { return share(w, p, q, 2); }));
      w.stop(q, second);
      REQUIRE(w.until([&] { return caught_up(w, p) && numbers(p).size() == 4; }));
      for (const auto& s : p.status().partitions) {
        if (s.table->recovery) CHECK(s.table->recovery->records == 0);
      }
    }
    w.stop(p, first);
  }
}

}  // namespace corka
