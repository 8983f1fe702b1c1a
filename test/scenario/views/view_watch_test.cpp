// Changes as they happen.
#include "view_world.hpp"

#include <doctest/doctest.h>

#include <memory>

namespace corka::test {

using namespace std::chrono_literals;

namespace {

using text_watcher = watcher<std::string, codec::text>;

/// Writes down what a watcher gives, as long as it is let.
struct notes {
  std::vector<std::string> lines;
  bool ended = false;

  task<> take(text_watcher from) {
    while (true) {
      const auto change = co_await from.next();
      if (!change) break;
      lines.push_back(change->missed ? "missed" : change->key + "=" + change->value.value_or("-"));
    }
    ended = true;
  }
};

}  // namespace

TEST_CASE("watch: a key's changes come one after another, those of others do not, nor what changes nothing") {
  world w;
  create_table(w, 3);
  w.write("users", "anna", "1");
  text_view v{users};
  auto run = w.start(v, w.member("a"));
  w.threads.run(v.ready());
  notes n;
  w.threads.start(n.take(v.watch("anna")));
  w.threads.settle();
  for (const auto* value : {"2", "2", "3"}) {
    w.write("users", "anna", value);
    w.write("users", "bea", value);
    w.threads.advance(100ms);
  }
  w.write("users", "anna", std::nullopt);
  w.threads.advance(100ms);
  CHECK(n.lines == std::vector<std::string>{"anna=2", "anna=3", "anna=-"});
  CHECK_FALSE(n.ended);
  w.stop(v, run);
  w.threads.settle();
  CHECK(n.ended);
}

TEST_CASE("watch: a prefix is watched in all partitions") {
  world w;
  create_table(w, 4);
  text_view v{users};
  auto run = w.start(v, w.member("a"));
  w.threads.run(v.ready());
  notes n;
  w.threads.start(n.take(v.watch_prefix("a/")));
  w.threads.settle();
  for (int i = 0; i < 8; ++i) {
    w.write("users", "a/" + std::to_string(i), "v");
    w.write("users", "b/" + std::to_string(i), "v");
  }
  w.threads.advance(1s);
  std::ranges::sort(n.lines);
  REQUIRE(n.lines.size() == 8);
  CHECK(n.lines.front() == "a/0=v");
  CHECK(n.lines.back() == "a/7=v");
  w.stop(v, run);
}

TEST_CASE("watch: who looks late sees the last value of each row, once") {
  world w;
  create_table(w, 1);
  text_view v{users};
  auto run = w.start(v, w.member("a"));
  w.threads.run(v.ready());
  const auto slow = v.watch_prefix("");
  for (int i = 0; i < 100; ++i) w.write("users", "k" + std::to_string(i % 3), std::to_string(i));
  w.write("users", "k1", std::nullopt);
  w.threads.advance(1s);
  notes n;
  w.threads.start(n.take(slow));
  w.threads.settle();
  CHECK(n.lines == std::vector<std::string>{"k0=99", "k1=-", "k2=98"});
  w.stop(v, run);
}

TEST_CASE("watch: who is behind by too many rows is told once that it missed something, and goes on from there") {
  world w;
  create_table(w, 1);
  view_options options;
  options.watch_rows = 5;
  text_view v{users, options};
  auto run = w.start(v, w.member("a"));
  w.threads.run(v.ready());
  const auto slow = v.watch_prefix("");
  for (int i = 0; i < 100; ++i) w.write("users", "k" + std::to_string(i), "v");
  w.threads.advance(1s);
  notes n;
  w.threads.start(n.take(slow));
  w.threads.settle();
  REQUIRE_FALSE(n.lines.empty());
  CHECK(n.lines.front() == "missed");
  CHECK(std::ranges::count(n.lines, "missed") == 1);
  CHECK(n.lines.size() <= 6);
  w.write("users", "after", "v");
  w.threads.advance(1s);
  CHECK(n.lines.back() == "after=v");
  w.stop(v, run);
}

TEST_CASE("watch: a table that is read anew tells watchers that they missed something") {
  world w;
  create_table(w, 1);
  w.write("users", "anna", "1");
  text_view v{users};
  notes n;
  w.threads.start(n.take(v.watch("anna")));  // legal before the view runs
  auto run = w.start(v, w.member("a"));
  w.threads.run(v.ready());
  w.threads.settle();
  CHECK(n.lines == std::vector<std::string>{"missed"});
  w.broker->remove_topic(topic_name{"users"});
  create_table(w, 1);
  w.write("users", "anna", "2");
  CHECK(w.until([&] { return is(v, view_state::running) && read(v, "anna") == "2"; }));
  w.threads.settle();
  CHECK(n.lines.size() >= 2);
  CHECK((n.lines[1] == "missed" || n.lines[1] == "anna=2"));
  w.stop(v, run);
}

TEST_CASE("watch: after `watch` and `get` there is no gap") {
  world w;
  create_table(w, 1);
  text_view v{users};
  auto run = w.start(v, w.member("a"));
  w.threads.run(v.ready());
  std::vector<std::unique_ptr<notes>> all;
  for (int i = 0; i < 20; ++i) {
    const auto watching = v.watch("anna");
    const auto before = read(v, "anna");
    w.write("users", "anna", std::to_string(i));
    auto& n = *all.emplace_back(std::make_unique<notes>());
    w.threads.start(n.take(watching));
    w.threads.advance(100ms);
    CHECK(before != std::to_string(i));
    CHECK(n.lines == std::vector<std::string>{"anna=" + std::to_string(i)});
  }
  CHECK(all.front()->lines.size() == 20);
  w.stop(v, run);
  w.threads.settle();
  CHECK(std::ranges::all_of(all, [](const auto& n) { return n->ended; }));
}

}  // namespace corka::test
