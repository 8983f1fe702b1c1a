// Rows of views and group tables as the HTTP endpoints get them.
#include "app/processor_source.hpp"
#include "view_world.hpp"

#include <corka/group.hpp>

#include <doctest/doctest.h>

#include <variant>

namespace corka::test {

using namespace std::chrono_literals;

namespace {

using app_parts::processor_source;

/// "partition-less" story of an answer: its JSON, "absent", "elsewhere", "recovering" or "unknown".
std::string shown(world& w, const processor_source& from, const std::string& table, const std::string& key) {
  const auto answer = w.threads.run(from.row(table, key));
  if (!answer) return "unknown";
  if (const auto* found = std::get_if<query::row_found>(&*answer)) return found->json;
  if (std::holds_alternative<query::row_absent>(*answer)) return "absent";
  return std::holds_alternative<query::row_elsewhere>(*answer) ? "elsewhere" : "recovering";
}

/// All rows of the range, page by page: "key=json key=json".
std::string listed(world& w, const processor_source& from, const std::string& table, key_range which,
                   std::size_t limit = 3) {
  std::string all;
  while (true) {
    const auto answer = w.threads.run(from.rows(table, which, limit));
    if (!answer) return "unknown";
    const auto* page = std::get_if<query::rows_page>(&*answer);
    if (page == nullptr) return "recovering";
    CHECK(page->rows.size() <= limit);
    for (const auto& row : page->rows) all += row.key + "=" + row.json + " ";
    if (!page->more) return all;
    which = which.after(page->rows.back().key);
  }
}

void count(context<std::int64_t>& ctx, const std::string&) { ctx.set(ctx.value().value_or(0) + 1); }

}  // namespace

TEST_CASE("shown rows: a group table's rows are listed from every partition here, unsaved ones too") {
  world w;
  w.create("clicks", 4);
  group<std::int64_t> clickers{"clickers"};
  clickers.input(stream<std::string>{"clicks"}, count);
  processor_options slow;
  slow.commit_interval = std::chrono::hours{1};  // nothing reaches the store by itself
  processor one{clickers, slow};
  const processor_source source{w.member("a").on().core(), {&one}};
  CHECK(listed(w, source, "clickers-table", {}) == "");
  auto run = w.start(one, w.member("a"));
  for (int i = 0; i < 8; ++i) w.write("clicks", "k" + std::to_string(i), "x");
  const std::string all = "k0=1 k1=1 k2=1 k3=1 k4=1 k5=1 k6=1 k7=1 ";
  CHECK(w.until([&] { return listed(w, source, "clickers-table", {}) == all; }));
  CHECK(listed(w, source, "clickers-table", {"k2", "k4"}) == "k2=1 k3=1 ");
  CHECK(listed(w, source, "clickers-table", {"k6", std::nullopt, key_order::descending}) == "k7=1 k6=1 ");
  CHECK(listed(w, source, "nothing", {}) == "unknown");
  const auto page = w.threads.run(one.rows({}, 100));
  CHECK(page.partitions.size() == 4);
  CHECK_FALSE(page.rest);
  w.stop(one, run);
  CHECK_THROWS_AS(w.threads.run(one.rows({}, 100)), error);
}

TEST_CASE("shown rows: two members of a group in one process list all rows together") {
  world w;
  w.create("clicks", 4);
  group<std::int64_t> clickers{"clickers"};
  clickers.input(stream<std::string>{"clicks"}, count);
  processor one{clickers};
  processor two{clickers};
  auto runs = std::pair{w.start(one, w.member("a")), w.start(two, w.member("b"))};
  REQUIRE(w.until([&] { return one.status().partitions.size() == 2 && two.status().partitions.size() == 2; }));
  for (int i = 0; i < 8; ++i) w.write("clicks", "k" + std::to_string(i), "x");
  REQUIRE(w.until([&] { return caught_up(w, one) && caught_up(w, two); }));
  const processor_source source{w.member("a").on().core(), {&one, &two}};
  CHECK(listed(w, source, "clickers-table", {}) == "k0=1 k1=1 k2=1 k3=1 k4=1 k5=1 k6=1 k7=1 ");
  w.stop(one, runs.first);
  w.stop(two, runs.second);
}

TEST_CASE("shown rows: a group without a table has none to list") {
  world w;
  w.create("clicks", 1);
  group<> stateless{"stateless"};
  stateless.input(stream<std::string>{"clicks"}, [](context<void>&, const std::string&) {});
  processor p{stateless};
  auto run = w.start(p, w.member("a"));
  w.threads.advance(1s);
  try {
    w.threads.run(p.rows({}, 10));
    FAIL("it listed rows");
  } catch (const error& e) { CHECK(e.kind() == errc::not_declared); }
  w.stop(p, run);
}

TEST_CASE("shown rows: a view shows rows that no processor here has, by key and as a list") {
  world w;
  w.create("clicks", 4);
  group<std::int64_t> clickers{"clickers"};
  clickers.input(stream<std::string>{"clicks"}, count);
  processor elsewhere{clickers};
  processor here{clickers};
  auto running = w.start(elsewhere, w.member("a"));
  for (int i = 0; i < 5; ++i) w.write("clicks", "k" + std::to_string(i), "x");
  REQUIRE(w.until([&] { return caught_up(w, elsewhere); }));
  view counts{clickers.table()};
  const processor_source without{w.member("a").on().core(), {&here}};
  const processor_source source{w.member("a").on().core(), {&here}, {&counts}};
  CHECK(source.tables() == std::vector<std::string>{"clickers-table"});
  CHECK(shown(w, without, "clickers-table", "k1") == "elsewhere");
  CHECK(shown(w, source, "clickers-table", "k1") == "elsewhere");
  const processor_source view_alone{w.member("a").on().core(), {}, {&counts}};
  CHECK(shown(w, view_alone, "clickers-table", "k1") == "recovering");
  CHECK(listed(w, view_alone, "clickers-table", {}) == "recovering");

  auto viewing = w.start(counts, w.member("b"));
  w.threads.run(counts.ready());
  for (const auto* s : {&source, &view_alone}) {
    CHECK(shown(w, *s, "clickers-table", "k1") == "1");
    CHECK(shown(w, *s, "clickers-table", "nobody") == "absent");
    CHECK(shown(w, *s, "nothing", "k1") == "unknown");
    CHECK(listed(w, *s, "clickers-table", {}) == "k0=1 k1=1 k2=1 k3=1 k4=1 ");
    CHECK(s->views().size() == 1);
    CHECK(s->views()[0].rows == 5);
  }
  w.stop(counts, viewing);
  w.stop(elsewhere, running);
}

}  // namespace corka::test
