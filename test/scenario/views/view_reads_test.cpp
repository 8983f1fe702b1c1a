// What a view answers.
#include "view_world.hpp"

#include <corka/codec.hpp>
#include <corka/emitter.hpp>
#include <corka/group.hpp>

#include <doctest/doctest.h>

namespace corka::test {

using namespace std::chrono_literals;

TEST_CASE("view: rows of every partition are there, typed, and follow the table") {
  world w;
  w.create("numbers", 4, {{"cleanup.policy", "compact"}});
  for (int i = 0; i < 20; ++i) w.write("numbers", "k" + std::to_string(i), std::to_string(i));
  view numbers{table<std::int64_t>{"numbers"}};
  auto run = w.start(numbers, w.member("a"));
  w.threads.run(numbers.ready());
  CHECK(numbers.get("k7") == 7);
  CHECK(numbers.has("k7"));
  CHECK_FALSE(numbers.get("nobody"));
  CHECK_FALSE(numbers.has("nobody"));
  w.write("numbers", "k7", "70");
  w.write("numbers", "k8", std::nullopt);
  CHECK(w.until([&] { return numbers.get("k7") == 70 && !numbers.has("k8"); }));
  w.write("numbers", "k9", "not a number");
  CHECK(w.until([&] {
    try {
      return numbers.get("k9") == 0;
    } catch (const error& e) { return e.kind() == errc::decode_failed; }
  }));
  w.stop(numbers, run);
  CHECK(run.failure().empty());
}

TEST_CASE("view: of a group's table, it shows what the group's callbacks set") {
  world w;
  w.create("clicks", 2);
  group<std::int64_t> clickers{"clickers"};
  clickers.input(stream<std::string>{"clicks"},
                 [](context<std::int64_t>& ctx, const std::string&) { ctx.set(ctx.value().value_or(0) + 1); });
  processor counting{clickers};
  view counts{clickers.table()};
  auto processing = w.start(counting, w.member("a"));
  for (int i = 0; i < 3; ++i) w.write("clicks", "anna", "x");
  REQUIRE(w.until([&] { return caught_up(w, counting); }));
  auto viewing = w.start(counts, w.member("a"));
  CHECK(w.until([&] { return counts.state() == view_state::running && counts.get("anna") == 3; }));
  w.write("clicks", "anna", "x");
  CHECK(w.until([&] { return counts.get("anna") == 4; }));
  w.stop(counts, viewing);
  w.stop(counting, processing);
}

TEST_CASE("view: keys are any bytes, also none, also what other tools use for themselves") {
  world w{world::copies::lmdb};
  create_table(w, 3);
  const std::vector<std::string> keys{"", "__offset", std::string{"a\0b", 3}, "\xff\xff", std::string(2'000, 'k')};
  for (const auto& key : keys) w.write("users", key, "value of " + key);
  text_view v{users};
  auto run = w.start(v, w.member("a"));
  w.threads.run(v.ready());
  for (const auto& key : keys) CHECK(read(v, key) == "value of " + key);
  CHECK(collected(v.range()).size() == keys.size());
  w.stop(v, run);
}

TEST_CASE("view: ranges and prefixes come in key order, both ways, merged over all partitions") {
  world w;
  create_table(w, 5);
  text_rows model;
  for (int i = 100; i < 200; ++i) model.emplace_back("k" + std::to_string(i), std::to_string(i));
  w.write_all("users", model);
  text_view v{users};
  auto run = w.start(v, w.member("a"));
  w.threads.run(v.ready());
  CHECK(collected(v.range()) == model);
  CHECK(collected(v.range("k150", "k153")) == text_rows{{"k150", "150"}, {"k151", "151"}, {"k152", "152"}});
  CHECK(collected(v.range("k198")) == text_rows{{"k198", "198"}, {"k199", "199"}});
  CHECK(collected(v.range("k153", "k150")).empty());
  CHECK(collected(v.prefix("k17")).size() == 10);
  CHECK(collected(v.prefix("x")).empty());
  std::ranges::reverse(model);
  CHECK(collected(v.range("", std::nullopt, key_order::descending)) == model);
  CHECK(collected(v.prefix("k10", key_order::descending)).front().first == "k109");
  w.stop(v, run);
}

TEST_CASE("view: pages go on where the last one ended, over what is there by then") {
  world w;
  create_table(w, 3);
  for (const auto* key : {"a", "b", "c", "d", "e"}) w.write("users", key, key);
  text_view v{users};
  auto run = w.start(v, w.member("a"));
  w.threads.run(v.ready());
  auto page = v.rows({}, 2);
  CHECK(page.rows == text_rows{{"a", "a"}, {"b", "b"}});
  REQUIRE(page.rest);
  w.write("users", "c", std::nullopt);
  w.write("users", "aa", "too late for this walk");
  w.write("users", "f", "f");
  page = v.rows(*page.rest, 2);
  CHECK(page.rows == text_rows{{"d", "d"}, {"e", "e"}});
  REQUIRE(page.rest);
  page = v.rows(*page.rest, 2);
  CHECK(page.rows == text_rows{{"f", "f"}});
  CHECK_FALSE(page.rest);
  w.stop(v, run);
}

TEST_CASE("view: an iteration reads on over pages, and no longer than it is asked") {
  world w;
  create_table(w, 3);
  text_rows many;
  for (int i = 0; i < 5'000; ++i) many.emplace_back("k" + std::to_string(10'000 + i), "v");
  w.write_all("users", many);
  text_view v{users};
  auto run = w.start(v, w.member("a"));
  w.threads.run(v.ready());
  CHECK(collected(v.range()) == many);
  int seen = 0;
  for (const auto& [key, value] : v.range("k12500")) {
    if (++seen == 3) {
      CHECK(key == "k12502");
      break;
    }
  }
  w.stop(v, run);
}

TEST_CASE("view: one reads one's own write by its position") {
  world w;
  create_table(w, 3);
  text_view v{users};
  emitter<std::string> names{stream<std::string>{"users"}};
  auto viewing = w.start(v, w.member("a"));
  auto emitting = w.start(names, w.member("a"));
  w.threads.run(v.ready());
  w.threads.run(names.ready());
  std::string seen;
  const auto write_and_read = [&]() -> task<> {
    for (int i = 0; i < 20; ++i) {
      const auto sent = names.emit("anna", std::to_string(i));
      const auto at = co_await sent.acked();
      const auto found = co_await v.get("anna", at_least{at});
      seen += found.value_or("-") + " ";
    }
  };
  w.threads.run(write_and_read());
  CHECK(seen == "0 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 ");

  bool stopped = false;
  const auto wait_for_ever = [&]() -> task<> {
    try {
      const auto found = co_await v.get("anna", at_least{partition_id{0}, offset{1'000'000}});
    } catch (const error& e) { stopped = e.kind() == errc::stopped; }
  };
  w.threads.start(wait_for_ever());
  w.stop(names, emitting);
  CHECK_FALSE(stopped);
  w.stop(v, viewing);
  CHECK(stopped);
}

TEST_CASE("view: a row is evicted here alone, until its key is written again") {
  world w;
  create_table(w, 2);
  w.write("users", "anna", "1");
  text_view here{users};
  text_view there{users};
  auto runs = std::pair{w.start(here, w.member("a")), w.start(there, w.member("b"))};
  w.threads.run(here.ready());
  w.threads.run(there.ready());
  w.threads.run(here.evict("anna"));
  CHECK(read(here, "anna") == "(none)");
  CHECK(read(there, "anna") == "1");
  w.write("users", "anna", "2");
  CHECK(w.until([&] { return read(here, "anna") == "2"; }));
  w.stop(here, runs.first);
  w.stop(there, runs.second);
}

TEST_CASE("view: an update callback transforms, filters and erases what is stored") {
  world w;
  create_table(w, 2);
  w.write("users", "anna", "long name");
  w.write("users", "secret", "x");
  view_options options;
  options.update.name = "initials";
  options.update.apply = [](const table_update& u, std::string& instead) {
    if (u.key == "secret") return update_action::ignore;
    if (!u.value || u.value->empty()) return update_action::erase;
    instead = u.value->substr(0, 1);
    for (const auto& h : u.headers) instead += "/" + std::string{h.name};
    return update_action::store_instead;
  };
  text_view v{users, options};
  auto run = w.start(v, w.member("a"));
  w.threads.run(v.ready());
  CHECK(read(v, "anna") == "l");
  CHECK(read(v, "secret") == "(none)");
  w.write("users", "bea", "second", {{"origin", "x"}});
  CHECK(w.until([&] { return read(v, "bea") == "s/origin"; }));
  w.write("users", "anna", "");
  CHECK(w.until([&] { return read(v, "anna") == "(none)"; }));
  w.stop(v, run);
}

TEST_CASE("view: options that cannot be are refused") {
  view_options options;
  options.watch_rows = 0;
  CHECK_THROWS_AS((text_view{users, options}), error);
  CHECK_THROWS_AS((text_view{table<std::string>{""}}), error);
}

}  // namespace corka::test
