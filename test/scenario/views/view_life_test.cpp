// A view's life: starting, lost brokers, tables that change beneath it, stopping, and again.
#include "view_world.hpp"

#include <corka/group.hpp>

#include <doctest/doctest.h>

#include <filesystem>

namespace corka::test {

using namespace std::chrono_literals;

namespace {

/// Records that the last recoveries of all partitions read.
std::uint64_t recovered_records(const text_view& v) {
  std::uint64_t n = 0;
  for (const auto& p : v.status().partitions) n += p.recovery ? p.recovery->records : 0;
  return n;
}

bool logged(const world& w, std::string_view text) {
  return std::ranges::any_of(w.log, [&](const std::string& line) { return line.find(text) != std::string::npos; });
}

}  // namespace

TEST_CASE("view: constructing it needs no cluster, and reading it before it runs says what to do") {
  world w;
  const text_view v{users};
  CHECK(is(v, view_state::idle));
  CHECK(read(v, "anna") == not_recovered());
  CHECK_THROWS_AS(static_cast<void>(v.has("anna")), error);
  CHECK_THROWS_AS(static_cast<void>(v.rows()), error);
  try {
    static_cast<void>(v.get("anna"));
  } catch (const error& e) {
    CHECK(std::string_view{e.what()} == "the view of table 'users' does not run: run it, and await ready()");
  }
}

TEST_CASE("view: of an empty table it is ready at once") {
  world w;
  create_table(w, 3);
  text_view v{users};
  auto run = w.start(v, w.member("a"));
  w.threads.run(v.ready(), 1s);
  CHECK(is(v, view_state::running));
  CHECK(collected(v.range()).empty());
  w.write("users", "anna", "1");
  CHECK(w.until([&] { return read(v, "anna") == "1"; }));
  w.stop(v, run);
}

TEST_CASE("view: a table that nobody has made yet is waited for, and the view says so") {
  world w;
  text_view v{users};
  auto run = w.start(v, w.member("a"));
  REQUIRE(w.until([&] { return !v.status().reason.empty(); }));
  CHECK(is(v, view_state::connecting));
  CHECK(v.status().reason.find("table 'users' does not exist yet") != std::string::npos);
  CHECK_FALSE(run.ended());
  create_table(w, 3);
  w.write("users", "anna", "1");
  CHECK(w.until([&] { return is(v, view_state::running) && read(v, "anna") == "1"; }));
  w.stop(v, run);
  CHECK(run.failure().empty());
}

TEST_CASE("view: cut off from the brokers it says so and serves what it has; connected again it goes on") {
  world w;
  create_table(w, 4);
  w.write("users", "anna", "1");
  text_view v{users};
  auto run = w.start(v, w.member("a"));
  std::vector<std::string_view> states;
  const auto observe = [&]() -> task<> {
    auto state = view_state::idle;
    do {
      state = co_await v.state_after(state);
      states.push_back(to_string(state));
    } while (state != view_state::idle);
  };
  w.threads.start(observe());
  w.threads.run(v.ready());
  CHECK(read(v, "anna") == "1");

  cut(w, true);
  CHECK(w.until([&] { return is(v, view_state::disconnected); }, 10s));
  CHECK_FALSE(v.status().reason.empty());
  w.write("users", "anna", "2");
  w.threads.advance(30s);
  CHECK(read(v, "anna") == "1");
  CHECK(collected(v.range()).size() == 1);
  CHECK_FALSE(run.ended());

  cut(w, false);
  CHECK(w.until([&] { return is(v, view_state::running) && read(v, "anna") == "2"; }, 10s));
  w.stop(v, run);
  CHECK(run.failure().empty());
  CHECK(read(v, "anna") == not_recovered());
  w.threads.settle();
  REQUIRE(states.size() >= 4);
  CHECK(states.back() == "idle");
  CHECK(std::ranges::find(states, "disconnected") != states.end());
  CHECK(std::ranges::find(states, "running") != states.end());
}

TEST_CASE("view: stopped while cut off, while recovering, or before it runs, it returns") {
  world w;
  create_table(w, 2);
  w.write("users", "anna", "1");
  text_view v{users};
  v.stop();
  bool told = false;
  const auto wait_for_it = [&]() -> task<> {
    try {
      co_await v.ready();
    } catch (const error& e) { told = e.kind() == errc::stopped; }
  };
  w.threads.start(wait_for_it());
  w.threads.settle();
  CHECK_FALSE(told);
  auto never = w.start(v, w.member("a"));
  CHECK(w.until([&] { return never.ended() && told; }, 1s));

  cut(w, true);
  auto waiting = w.start(v, w.member("a"));
  w.threads.advance(3s);
  CHECK(is(v, view_state::connecting));
  w.stop(v, waiting);
  CHECK(waiting.failure().empty());

  cut(w, false);
  auto again = w.start(v, w.member("a"));
  w.threads.run(v.ready());
  cut(w, true);
  w.threads.advance(5s);
  v.stop();
  v.stop();
  CHECK(w.until([&] { return again.ended(); }, 1s));
  CHECK(again.failure().empty());
}

TEST_CASE("view: a restart reads only what came since") {
  world w{world::copies::lmdb};
  create_table(w, 3);
  text_rows many;
  for (int i = 0; i < 300; ++i) many.emplace_back("k" + std::to_string(i), "old");
  w.write_all("users", many);
  for (const bool another_object : {false, true}) {
    CAPTURE(another_object);
    text_view first{users};
    text_view second{users};
    auto run = w.start(first, w.member("a"));
    w.threads.run(first.ready());
    w.stop(first, run);
    w.write("users", "k7", "new");
    w.write("users", "k8", std::nullopt);
    auto& next = another_object ? second : first;
    auto again = w.start(next, w.member("a"));
    w.threads.run(next.ready());
    CHECK(recovered_records(next) == 2);
    CHECK(read(next, "k7") == "new");
    CHECK(read(next, "k8") == "(none)");
    CHECK(read(next, "k9") == "old");
    w.stop(next, again);
  }
}

TEST_CASE(
    "view: with the brokers away it starts from its local copy if it is told to, and goes on once they are back") {
  world w{world::copies::lmdb};
  create_table(w, 3);
  for (int i = 0; i < 10; ++i) w.write("users", "k" + std::to_string(i), "old");
  text_view strict{users};
  view_options stale;
  stale.stale_reads = true;
  text_view lenient{users, stale};
  auto run = w.start(strict, w.member("a"));
  w.threads.run(strict.ready());
  w.stop(strict, run);

  cut(w, true);
  run = w.start(strict, w.member("a"));
  w.threads.advance(5s);
  CHECK(read(strict, "k3") == not_recovered());
  w.stop(strict, run);

  run = w.start(lenient, w.member("a"));
  w.threads.advance(5s);
  CHECK(is(lenient, view_state::connecting));
  CHECK(read(lenient, "k3") == "old");
  CHECK(collected(lenient.range()).size() == 10);
  w.write("users", "k3", "new");
  cut(w, false);
  CHECK(w.until([&] { return is(lenient, view_state::running) && read(lenient, "k3") == "new"; }));
  w.stop(lenient, run);
}

TEST_CASE("view: a table made anew beneath it, with fewer records or more, is read anew and the old rows are gone") {
  for (const int records : {0, 1, 50}) {
    CAPTURE(records);
    world w{world::copies::lmdb};
    create_table(w, 2);
    for (int i = 0; i < 20; ++i) w.write("users", "old" + std::to_string(i), "v");
    text_view v{users};
    auto run = w.start(v, w.member("a"));
    w.threads.run(v.ready());
    w.broker->remove_topic(topic_name{"users"});
    create_table(w, 2);
    for (int i = 0; i < records; ++i) w.write("users", "new" + std::to_string(i), "v");
    CHECK(w.until([&] {
      return is(v, view_state::running) && collected(v.range()).size() == static_cast<std::size_t>(records);
    }));
    CHECK(collected(v.prefix("old")).empty());
    CHECK_FALSE(run.ended());
    w.stop(v, run);
  }
}

TEST_CASE("view: a table that was made anew while it did not run is read anew") {
  world w{world::copies::lmdb};
  create_table(w, 2);
  for (int i = 0; i < 20; ++i) w.write("users", "old" + std::to_string(i), "v");
  text_view v{users};
  auto run = w.start(v, w.member("a"));
  w.threads.run(v.ready());
  w.stop(v, run);
  w.broker->remove_topic(topic_name{"users"});
  create_table(w, 2);
  w.write("users", "new", "v");  // the local copy is ahead of it
  run = w.start(v, w.member("a"));
  w.threads.run(v.ready());
  CHECK(collected(v.range()) == text_rows{{"new", "v"}});
  CHECK(logged(w, "dropping the local copy"));
  w.stop(v, run);
}

TEST_CASE("view: a deleted table is waited for, and its rows stay until it is there again") {
  world w;
  create_table(w, 2);
  w.write("users", "anna", "1");
  text_view v{users};
  auto run = w.start(v, w.member("a"));
  w.threads.run(v.ready());
  w.broker->remove_topic(topic_name{"users"});
  CHECK(w.until([&] { return is(v, view_state::disconnected); }, 10s));
  CHECK(v.status().reason.find("was deleted") != std::string::npos);
  create_table(w, 2);
  w.write("users", "bea", "1");
  CHECK(w.until([&] { return is(v, view_state::running) && read(v, "bea") == "1"; }));
  CHECK(read(v, "anna") == "(none)");
  w.stop(v, run);
}

TEST_CASE("view: a table with more partitions is followed in all of them, and that is reported") {
  world w;
  create_table(w, 2);
  text_view v{users};
  auto run = w.start(v, w.member("a"));
  w.threads.run(v.ready());
  w.broker->remove_topic(topic_name{"users"});
  create_table(w, 6);
  CHECK(w.until([&] { return is(v, view_state::running) && v.status().partitions.size() == 6; }));
  for (int i = 0; i < 30; ++i) w.write("users", "k" + std::to_string(i), "v");
  CHECK(w.until([&] { return collected(v.range()).size() == 30; }));
  for (int i = 0; i < 30; ++i) CHECK(read(v, "k" + std::to_string(i)) == "v");
  CHECK(logged(w, "has 6 partitions now, it had 2"));
  w.stop(v, run);
}

TEST_CASE("view: holes that compaction and transactions leave do not keep it from being current") {
  world w;
  w.create("users", 1, {{"cleanup.policy", "compact"}, {"segment.bytes", "65536"}});
  for (int round = 0; round < 50; ++round) {
    text_rows same;
    for (int i = 0; i < 40; ++i) same.emplace_back("k" + std::to_string(i), std::string(100, 'a' + round % 26));
    w.write_all("users", same);
  }
  w.write("users", "k5", std::nullopt);
  w.broker->maintain(true);
  text_view v{users};
  auto run = w.start(v, w.member("a"));
  w.threads.run(v.ready(), 10s);
  CHECK(collected(v.range()).size() == 39);
  CHECK(v.status().lag == 0);
  CHECK(recovered_records(v) < 2'000);
  w.stop(v, run);
}

TEST_CASE("view: several views of one table in one process have copies of their own") {
  world w{world::copies::lmdb};
  create_table(w, 2);
  w.write("users", "anna", "1");
  text_view first{users};
  text_view second{users};
  view_options named;
  named.name = "mine";
  text_view third{users, named};
  text_view fourth{users, named};
  auto& here = w.member("a");
  auto one = w.start(first, here);
  auto two = w.start(second, here);
  auto three = w.start(third, here);
  for (auto* v : {&first, &second, &third}) {
    w.threads.run(v->ready());
    CHECK(read(*v, "anna") == "1");
  }
  CHECK(first.status().name == "view-users");
  CHECK(second.status().name == "view-users-2");
  CHECK(third.status().name == "mine");
  CHECK(std::filesystem::is_directory(here.folder() / "view-users" / "users" / "1"));
  CHECK(std::filesystem::is_directory(here.folder() / "view-users-2" / "users" / "1"));
  CHECK(std::filesystem::is_directory(here.folder() / "mine" / "users" / "1"));

  auto four = w.start(fourth, here);
  CHECK(w.until([&] { return four.ended(); }));
  CHECK(four.failure() == "a view named 'mine' runs already in this process: give this one another name");
  w.stop(first, one);
  w.stop(second, two);
  w.stop(third, three);
  four = w.start(fourth, here);
  w.threads.run(fourth.ready());
  w.stop(fourth, four);
}

TEST_CASE("view: ready() may be awaited before it runs, for the first time or again") {
  world w;
  create_table(w, 1);
  text_view v{users};
  for (int round = 0; round < 2; ++round) {
    bool ready = false;
    const auto wait_for_it = [&]() -> task<> {
      co_await v.ready();
      ready = true;
    };
    w.threads.start(wait_for_it());
    w.threads.advance(1s);
    CHECK_FALSE(ready);
    auto run = w.start(v, w.member("a"));
    CHECK(w.until([&] { return ready; }, 1s));
    w.stop(v, run);
  }
}

TEST_CASE("view: it runs once at a time") {
  world w;
  create_table(w, 1);
  text_view v{users};
  auto run = w.start(v, w.member("a"));
  w.threads.run(v.ready());
  auto twice = w.start(v, w.member("a"));
  CHECK(w.until([&] { return twice.ended(); }));
  CHECK(twice.failure() == "the view of table 'users' is running already: run it once at a time");
  CHECK(is(v, view_state::running));
  w.stop(v, run);
}

TEST_CASE("view: an update callback that throws ends it with the record's place") {
  world w;
  create_table(w, 1);
  view_options options;
  options.update.apply = [](const table_update& u, std::string&) -> update_action {
    if (u.key == "bad") throw std::runtime_error{"boo"};
    return update_action::store;
  };
  text_view v{users, options};
  auto run = w.start(v, w.member("a"));
  w.write("users", "good", "1");
  w.write("users", "bad", "1");
  CHECK(w.until([&] { return run.ended(); }));
  CHECK(run.failure().find("users/0@1, key \"bad\": the update callback threw: boo") != std::string::npos);
  CHECK(is(v, view_state::failed));
}

TEST_CASE("view: its status tells rows, bytes, lag and recoveries of each partition") {
  world w{world::copies::lmdb};
  create_table(w, 2);
  for (int i = 0; i < 10; ++i) w.write("users", "k" + std::to_string(i), "v");
  text_view v{users};
  auto run = w.start(v, w.member("a"));
  w.threads.run(v.ready());
  w.write("users", "k1", "w");
  w.threads.advance(5s);
  const auto s = v.status();
  CHECK(s.name == "view-users");
  CHECK(s.topic == "users");
  CHECK(s.state == view_state::running);
  CHECK(s.rows == 10);
  CHECK(s.bytes > 0);
  CHECK(s.lag == 0);
  CHECK(s.uptime >= 5s);
  REQUIRE(s.partitions.size() == 2);
  std::uint64_t records = 0;
  std::uint64_t written = 0;
  for (const auto& p : s.partitions) {
    CHECK(p.state == copy_state::following);
    CHECK(p.recoveries == 1);
    CHECK(p.end == p.position);
    records += p.in.records;
    written += p.written;
  }
  CHECK(records == 11);
  CHECK(written == 1);
  w.stop(v, run);
}

}  // namespace corka::test
