#include "table/table_follower.hpp"

#include "async/event.hpp"
#include "async/virtual_execution.hpp"
#include "fake_changelog.hpp"
#include "store/memory/memory_factory.hpp"

#include <corka/error.hpp>

#include <doctest/doctest.h>

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace corka::test {

using tables::changelog_now;
using tables::follower_options;
using tables::row_change;
using tables::table_follower;

namespace {

using namespace std::chrono_literals;
using rows = std::map<std::string, std::string>;

/// Writes down what it hears.
struct told final : tables::table_listener {
  std::vector<std::string> lines;
  /// How often it says that it wants no changes.
  mutable int refusals = 0;

  [[nodiscard]] bool wants_changes() const noexcept override { return refusals == 0 || --refusals == 0; }
  task<> changed(std::span<const row_change> changes) override {
    for (const auto& c : changes) {
      lines.push_back(std::string{c.key} + ": " + std::string{c.before.value_or("-")} + " > " +
                      std::string{c.after.value_or("-")});
    }
    co_return;
  }
  task<> reread() override {
    lines.emplace_back("reread");
    co_return;
  }
  task<> coming(std::span<const tables::coming_change> all, offset next) override {
    std::string line = "coming";
    for (const auto& c : all) {
      line += " " + std::to_string(c.at.value) + " " + std::string{c.key} + ":" + std::string{c.before.value_or("-")} +
              ">" + std::string{c.after.value_or("-")};
    }
    lines.push_back(line + " to " + std::to_string(next.value));
    if (hold == nullptr) co_return;
    co_await hold->wait();
  }
  void announced_from(offset at) override { lines.push_back("from " + std::to_string(at.value)); }
  async::event* hold = nullptr;  ///< keeps `coming` from ending
};

/// A follower of a changelog, on virtual time.
struct followed {
  async::virtual_execution threads;
  store::memory::memory_factory factory;
  std::unique_ptr<store::table_store> store = factory.open("users/3").store;
  fake_changelog changelog;
  std::string topic_id = "id-1";
  bool away = false;
  int asked = 0;
  std::vector<std::string> warnings;
  follower_options options{};
  told listener;
  bool listens = false;
  std::unique_ptr<table_follower> follower;
  bool ended = false;
  std::string failure;

  void announce(std::optional<offset> from = {}) {
    listens = true;
    listener.lines.clear();
    options.announces = true;
    options.recovery.left.emplace(tables::tail{from});
  }
  void start() {
    auto ask = [this](const topic_partition&) -> task<changelog_now> {
      ++asked;
      if (away) throw error{errc::broker_unavailable, "no broker"};
      if (changelog.unknown) throw error{errc::topic_unknown, "no topic"};
      co_return changelog_now{topic_id, changelog.range()};
    };
    logger log{std::make_shared<const log_sink>(
                   [this](log_level, std::string_view, std::string_view text) { warnings.emplace_back(text); }),
               log_level::warn, "users/3"};
    ended = false;
    follower = std::make_unique<table_follower>(threads, threads.executor(), changelog, *store,
                                                store::identity{"users-table", {}, 3, "text"}, std::move(ask), log,
                                                options, listens ? &listener : nullptr);
    threads.start(watch());
    threads.settle();
  }
  task<> watch() {
    try {
      co_await follower->run();
    } catch (const std::exception& e) { failure = e.what(); }
    ended = true;
  }
  void stop() {
    follower->stop();
    threads.settle();
  }
  ~followed() {
    if (follower && !ended) stop();
  }

  void append(const std::string& key, std::optional<std::string> value) {
    changelog.append(key, std::move(value));
    threads.settle();
  }
  [[nodiscard]] rows content() const {
    rows r;
    store->read()->range({}, std::nullopt, false, [&](std::string_view key, std::string_view value) {
      r.emplace(key, value);
      return true;
    });
    return r;
  }
  [[nodiscard]] std::int64_t stands_at() const {
    const auto at = store->last_checkpoint();
    return at ? at->changelog.value : -1;
  }
};

}  // namespace

TEST_CASE("table follower: a copy is recovered, then follows what is written, until it is told to stop") {
  followed f;
  f.changelog.put(0, "anna", "1");
  f.changelog.put(1, "bea", "1");
  f.start();
  CHECK(f.follower->is_current());
  CHECK(f.follower->status().state == copy_state::following);
  CHECK(f.content() == rows{{"anna", "1"}, {"bea", "1"}});

  f.append("anna", "2");
  f.append("bea", std::nullopt);
  f.append("cleo", "");
  CHECK(f.content() == rows{{"anna", "2"}, {"cleo", ""}});
  CHECK(f.stands_at() == 5);
  CHECK(f.follower->position() == offset{5});

  f.stop();
  CHECK(f.ended);
  CHECK(f.failure.empty());
  CHECK_FALSE(f.follower->is_current());
  CHECK(f.follower->status().state == copy_state::idle);
  f.append("dora", "1");
  CHECK(f.content().size() == 2);
}

TEST_CASE("table follower: a restart reads only what came since") {
  followed f;
  for (int i = 0; i < 10; ++i) f.changelog.put(i, "k" + std::to_string(i), "v");
  f.start();
  f.append("last", "v");
  f.stop();
  f.append("since", "v");
  f.start();
  CHECK(f.changelog.opened() == std::vector<std::int64_t>{0, 10, 11, 12});
  CHECK(f.follower->status().recovery->records == 1);
  CHECK(f.content().size() == 12);
}

TEST_CASE("table follower: an empty table is current at once") {
  followed f;
  f.start();
  CHECK(f.follower->is_current());
  CHECK(f.follower->status().lag == 0);
  f.append("", "no key");
  CHECK(f.content() == rows{{"", "no key"}});
}

TEST_CASE("table follower: stopped before it runs, it returns at once") {
  followed f;
  f.changelog.put(0, "anna", "1");
  f.changelog.hold_at(0);
  f.start();
  f.stop();
  CHECK(f.ended);
  CHECK(f.failure.empty());
  auto never = std::make_unique<table_follower>(
      f.threads, f.threads.executor(), f.changelog, *f.store, store::identity{"users-table", {}, 3, "text"},
      [](const topic_partition&) -> task<changelog_now> { throw std::logic_error{"asked"}; }, logger{});
  never->stop();
  f.threads.run(never->run());
  CHECK_THROWS_AS(f.threads.run(never->ready()), error);
}

TEST_CASE("table follower: batches that are large go through the blocking pool and give the same rows") {
  for (const std::size_t inline_rows : {std::size_t{0}, std::size_t{32}}) {
    followed f;
    f.options.inline_rows = inline_rows;
    f.changelog.records_per_poll = 50;
    f.start();
    for (int i = 0; i < 200; ++i) f.changelog.put(i, std::to_string(i % 70), std::to_string(i));
    f.changelog.wake();
    f.threads.settle();
    CHECK(f.content().size() == 70);
    CHECK(f.content().at("69") == "139");
    CHECK(f.content().at("0") == "140");
    CHECK(f.stands_at() == 200);
    CHECK(f.follower->status().in.records == 200);
  }
}

TEST_CASE("table follower: the lag is known while nothing arrives, and of a copy that is cut off") {
  followed f;
  f.changelog.put(0, "anna", "1");
  f.start();
  CHECK(f.follower->status().lag == 0);
  f.changelog.hold_at(1);
  for (int i = 1; i < 8; ++i) f.changelog.put(i, "k", "v");
  f.follower->cluster_says({"id-1", f.changelog.range()});
  CHECK(f.follower->status().end == offset{8});
  CHECK(f.follower->status().lag == 7);
  f.changelog.arrive(100);
  f.threads.settle();
  CHECK(f.follower->status().lag == 0);
}

TEST_CASE("table follower: holes move the position, and a stop saves it") {
  followed f;
  f.changelog.put(0, "anna", "1");
  f.start();
  f.changelog.set_range(0, 40);
  f.changelog.wake();
  f.threads.settle();
  CHECK(f.follower->position() == offset{40});
  CHECK(f.stands_at() == 1);
  f.stop();
  CHECK(f.stands_at() == 40);
}

TEST_CASE("table follower: while the cluster is away it waits, and what is there stays") {
  followed f;
  f.changelog.put(0, "anna", "1");
  f.away = true;
  f.start();
  CHECK_FALSE(f.follower->is_current());
  CHECK(f.follower->status().state == copy_state::waiting);
  f.threads.advance(30s);
  CHECK_FALSE(f.ended);
  CHECK(f.warnings.size() == 1);
  f.away = false;
  f.threads.advance(10s);
  CHECK(f.follower->is_current());
  CHECK(f.content() == rows{{"anna", "1"}});
}

TEST_CASE("table follower: a topic that never was is an error") {
  followed f;
  f.changelog.unknown = true;
  f.start();
  CHECK(f.ended);
  CHECK(f.failure == "no topic");
}

TEST_CASE("table follower: a changelog that is cut or made anew beneath it is read again") {
  followed f;
  for (int i = 0; i < 10; ++i) f.changelog.put(i, "old" + std::to_string(i), "v");
  f.listens = true;
  f.start();
  f.listener.lines.clear();
  SUBCASE("cut above the copy") {
    f.changelog.hold_at(10);
    for (int i = 10; i < 30; ++i) f.changelog.put(i, "cut" + std::to_string(i), "v");
    f.changelog.set_range(25, 30);
    f.changelog.arrive(100);
    f.threads.advance(1s);
    CHECK(f.content().size() == 5);
    CHECK(f.content().contains("cut25"));
  }
  SUBCASE("made anew, and shorter") {
    f.topic_id = "id-2";
    f.changelog.make_anew();
    f.append("new", "v");
    f.threads.advance(1s);
    CHECK(f.content() == rows{{"new", "v"}});
    CHECK(f.store->is_copy_of()->topic_id == "id-2");
  }
  SUBCASE("made anew, and longer by now: only the topic's id tells") {
    f.topic_id = "id-2";
    f.changelog.make_anew();
    for (int i = 0; i < 20; ++i) f.changelog.put(i, "new", std::to_string(i));
    f.follower->cluster_says({"id-2", f.changelog.range()});
    f.threads.advance(1s);
    CHECK(f.content() == rows{{"new", "19"}});
  }
  SUBCASE("deleted, and made again only later") {
    f.changelog.unknown = true;
    f.changelog.wake();
    f.threads.advance(30s);
    CHECK_FALSE(f.ended);
    CHECK_FALSE(f.follower->is_current());
    CHECK(f.follower->status().state == copy_state::waiting);
    CHECK(f.content().size() == 10);
    f.topic_id = "id-2";
    f.changelog.make_anew();
    f.changelog.unknown = false;
    f.threads.advance(10s);
    CHECK(f.content().empty());
  }
  CHECK(f.follower->is_current());
  CHECK_FALSE(f.ended);
  CHECK(f.warnings.size() >= 2);
  CHECK(f.listener.lines == std::vector<std::string>{"reread"});
  CHECK(f.follower->status().recoveries == 2);
  f.append("on", "v");
  CHECK(f.content().contains("on"));
}

TEST_CASE("table follower: the listener hears what each row was and is, once the store has it") {
  followed f;
  f.changelog.put(0, "anna", "1");
  f.listens = true;
  f.start();
  CHECK(f.listener.lines == std::vector<std::string>{"reread"});
  f.listener.lines.clear();
  f.changelog.put(1, "bea", "1");
  f.changelog.put(2, "anna", "2");
  f.changelog.put(3, "bea", "2");
  f.changelog.wake();
  f.threads.settle();
  f.append("anna", "2");
  f.append("anna", std::nullopt);
  f.append("anna", std::nullopt);
  CHECK(f.listener.lines == std::vector<std::string>{"anna: 1 > 2", "bea: - > 2", "anna: 2 > -"});
}

TEST_CASE("table follower: who begins to listen while a batch is written hears of all its rows") {
  followed f;
  f.listens = true;
  f.changelog.put(0, "anna", "1");
  f.start();
  f.listener.lines.clear();
  f.listener.refusals = 1'000'000;
  f.append("anna", "2");
  CHECK(f.listener.lines.empty());
  f.listener.refusals = 2;  // no at the beginning, yes at the end
  f.append("anna", "3");
  CHECK(f.listener.lines == std::vector<std::string>{"anna: - > 3"});
}

TEST_CASE("table follower: the update rule decides what is stored, in recovery and afterwards") {
  followed f;
  f.options.recovery.update.name = "short";
  f.options.recovery.update.apply = [](const table_update& u, std::string& instead) {
    if (u.key == "ignored") return update_action::ignore;
    if (u.key == "gone") return update_action::erase;
    if (!u.value || u.value->size() < 3) return update_action::store;
    instead = std::string{u.value->substr(0, 3)} + std::to_string(u.at.value) + "/" + u.topic.str();
    return update_action::store_instead;
  };
  f.changelog.put(0, "anna", "abcdef");
  f.changelog.put(1, "ignored", "x");
  f.start();
  CHECK(f.content() == rows{{"anna", "abc0/users-table"}});
  f.append("bea", "xyz0");
  f.append("ignored", "y");
  f.append("cleo", "x");
  f.append("cleo", std::nullopt);
  f.append("gone", "x");
  CHECK(f.content() == rows{{"anna", "abc0/users-table"}, {"bea", "xyz2/users-table"}});
  CHECK(f.store->is_copy_of()->codec == "text by short");

  f.stop();
  f.options.recovery.update = {};
  f.start();
  CHECK(f.content().size() == 4);  // another rule is another copy
}

TEST_CASE("table follower: an update rule that throws ends it, with the record's place") {
  followed f;
  f.options.recovery.update.apply = [](const table_update& u, std::string&) -> update_action {
    if (u.at == offset{2}) throw std::runtime_error{"boo"};
    return update_action::store;
  };
  f.changelog.put(0, "anna", "1");
  f.start();
  f.append("bea", "1");
  CHECK_FALSE(f.ended);
  f.append("cleo", "1");
  CHECK(f.ended);
  CHECK(f.failure.find("users-table/3@2, key \"cleo\": the update callback threw: boo") != std::string::npos);
  CHECK(f.stands_at() == 2);
}

TEST_CASE("table follower: one can await the copy, and a record in it") {
  followed f;
  f.changelog.put(0, "anna", "1");
  f.changelog.hold_at(0);
  f.start();
  int current = 0;
  int applied = 0;
  std::string refused;
  const auto wait_for_copy = [&]() -> task<> {
    co_await f.follower->ready();
    ++current;
  };
  const auto wait_for_record = [&](offset at) -> task<> {
    try {
      co_await f.follower->applied(at);
      ++applied;
    } catch (const error& e) { refused = e.code().message(); }
  };
  f.threads.start(wait_for_copy());
  f.threads.start(wait_for_record(offset{0}));
  f.threads.start(wait_for_record(offset{2}));
  f.threads.start(wait_for_record(offset{9}));
  f.threads.settle();
  CHECK(current == 0);
  CHECK(applied == 0);
  f.changelog.arrive(100);
  f.threads.settle();
  CHECK(current == 1);
  CHECK(applied == 1);
  f.append("bea", "1");
  CHECK(applied == 1);
  f.append("bea", "2");
  CHECK(applied == 2);
  f.stop();
  CHECK(applied == 2);
  CHECK(refused == make_error_code(errc::stopped).message());
}

TEST_CASE("table follower: an evicted row is gone from the copy until its key is written again") {
  followed f;
  f.listens = true;
  f.changelog.put(0, "anna", "1");
  f.changelog.put(1, "bea", "1");
  f.start();
  f.threads.run(f.follower->evict("anna"));
  f.threads.run(f.follower->evict("nobody"));
  CHECK(f.content() == rows{{"bea", "1"}});
  CHECK(f.listener.lines == std::vector<std::string>{"reread"});
  f.append("anna", "2");
  CHECK(f.content() == rows{{"anna", "2"}, {"bea", "1"}});
}

TEST_CASE("table follower: an idle copy that is complete says so each hour, so that it is trusted after a restart") {
  followed f;
  f.changelog.put(0, "anna", "1");
  f.start();
  for (int i = 0; i < 72; ++i) {
    f.threads.advance(1h);
    f.follower->cluster_says({"id-1", f.changelog.range()});
  }
  f.threads.settle();
  CHECK(f.store->last_checkpoint()->written_ms == f.threads.time().wall_ms());
  f.stop();
  f.append("bea", "1");
  f.start();
  CHECK(f.warnings.empty());
  CHECK(f.follower->status().recovery->records == 1);
}

TEST_CASE(
    "table follower: changes are announced in their order, each with the row it meets, before the store has them") {
  for (const std::size_t inline_rows : {std::size_t{0}, std::size_t{32}}) {
    followed f;
    f.options.inline_rows = inline_rows;
    f.changelog.records_per_poll = 10;
    f.changelog.put(0, "anna", "1");
    f.announce();
    f.start();
    // A copy that is read from nothing tells nothing.
    CHECK(f.listener.lines == std::vector<std::string>{"from 1", "reread"});
    CHECK(f.follower->is_current());
    async::event hold{f.threads.executor()};
    f.listener.hold = &hold;
    f.listener.lines.clear();
    f.changelog.put(1, "bea", "1");
    f.changelog.put(2, "anna", "1");
    f.changelog.put(3, "anna", "2");
    f.changelog.put(4, "bea", std::nullopt);
    f.append("anna", "1");
    CHECK(f.listener.lines == std::vector<std::string>{"coming 1 bea:->1 3 anna:1>2 4 bea:1>- 5 anna:2>1 to 6"});
    CHECK(f.content() == rows{{"anna", "1"}});
    CHECK(f.stands_at() == 1);
    f.stop();
    // Ended meanwhile: the copy stands before them.
    CHECK(f.content() == rows{{"anna", "1"}});
    CHECK(f.stands_at() == 1);

    f.listener.hold = nullptr;
    f.announce();
    f.start();
    CHECK(f.listener.lines.size() == 2);
    CHECK(f.listener.lines[0] == "from 1");
    CHECK(f.listener.lines[1] == "coming 1 bea:->1 3 anna:1>2 4 bea:1>- 5 anna:2>1 to 6");
    CHECK(f.stands_at() == 6);
    f.stop();
  }
}

TEST_CASE("table follower: changes are announced from a position on, the copy is recovered to there") {
  followed f;
  for (int i = 0; i < 10; ++i) f.changelog.put(i, "k", std::to_string(i));
  f.announce(offset{7});
  f.changelog.hold_at(8);
  f.start();
  CHECK(f.listener.lines == std::vector<std::string>{"from 7", "reread", "coming 7 k:6>7 to 8", "k: 6 > 7"});
  CHECK(f.follower->is_current());
  bool caught_up = false;
  f.threads.start([](table_follower& of, bool& done) -> task<> {
    co_await of.caught_up();
    done = true;
  }(*f.follower, caught_up));
  f.threads.settle();
  CHECK_FALSE(caught_up);
  f.changelog.arrive(100);
  f.threads.settle();
  CHECK(caught_up);
  CHECK(f.content() == rows{{"k", "9"}});

  // What is read again because the topic is another one is no change.
  f.changelog.make_anew();
  f.topic_id = "id-2";
  for (int i = 0; i < 10; ++i) f.changelog.put(i, "k", "new");
  f.listener.lines.clear();
  f.follower->cluster_says({"id-2", f.changelog.range()});
  f.threads.advance(10s);
  CHECK(f.listener.lines == std::vector<std::string>{"from 10", "reread"});
  CHECK(f.content() == rows{{"k", "new"}});
  f.append("k", "newer");
  CHECK(f.listener.lines[2] == "coming 10 k:new>newer to 11");
  f.stop();
}

TEST_CASE("table follower: what is announced is left by the recovery also where compaction has left holes") {
  followed f;
  f.changelog.records_per_poll = 10;
  f.changelog.put(0, "k", "0");
  f.changelog.put(5, "k", "5");
  f.changelog.put(10, "k", "10");
  f.changelog.put(20, "k", "20");
  f.announce(offset{7});
  f.start();
  CHECK(f.listener.lines ==
        std::vector<std::string>{"from 7", "reread", "coming 10 k:5>10 20 k:10>20 to 21", "k: 5 > 20"});
  CHECK(f.content() == rows{{"k", "20"}});
}

TEST_CASE("table follower: a copy that goes on after erasures may be gone is read anew, and says so") {
  followed f;
  f.changelog.put(0, "anna", "1");
  f.changelog.put(1, "bea", "1");
  f.start();
  for (int i = 0; i < 30; ++i) {
    f.threads.advance(1h);
    f.follower->cluster_says({"id-1", f.changelog.range()});
  }
  CHECK(f.follower->status().lag_time == 0ms);
  // Cut off for a day: Bea is erased meanwhile, and what says so is kept no longer.
  f.threads.advance(25h);
  CHECK(f.follower->status().lag_time == 25h);
  f.changelog.compact(1);
  f.changelog.put(2, "bea", std::nullopt);
  f.changelog.compact(2);
  CHECK(f.content() == rows{{"anna", "1"}, {"bea", "1"}});
  f.append("cleo", "1");
  f.threads.advance(1s);
  CHECK(f.content() == rows{{"anna", "1"}, {"cleo", "1"}});
  CHECK(f.follower->is_current());
  REQUIRE(f.warnings.size() == 1);
  CHECK(f.warnings[0].find("the changelog keeps erasures for 24 hours only") != std::string::npos);
  CHECK(f.changelog.opened() == std::vector<std::int64_t>{0, 2, 0, 4});
  // The same after an hour less.
  f.follower->cluster_says({"id-1", f.changelog.range()});
  f.threads.advance(23h);
  f.append("dora", "1");
  f.threads.advance(1s);
  CHECK(f.warnings.size() == 1);
  CHECK(f.content().size() == 3);
}

TEST_CASE("table follower: a copy that is always a little behind is not taken for one that was cut off") {
  followed f;
  f.changelog.put(0, "k", "0");
  f.changelog.hold_at(1);
  f.start();
  for (int i = 1; i <= 100; ++i) {
    f.changelog.put(i, "k", std::to_string(i));
    f.changelog.arrive(i);
    f.threads.advance(1h);
    f.follower->cluster_says({"id-1", f.changelog.range()});
    f.threads.settle();
    REQUIRE(f.follower->status().lag == 1);
    CHECK(f.follower->status().lag_time <= 2h);
  }
  CHECK(f.warnings.empty());
  CHECK(f.changelog.opened().size() == 2);
}

TEST_CASE("table follower: of a copy that is read anew after it was cut off every later change is announced") {
  followed f;
  f.changelog.put(0, "anna", "1");
  f.announce();
  f.start();
  f.append("anna", "2");
  f.listener.lines.clear();
  f.threads.advance(25h);
  f.changelog.put(2, "anna", "3");
  f.append("bea", "1");
  f.threads.advance(1s);
  CHECK(f.listener.lines ==
        std::vector<std::string>{"from 2", "reread", "coming 2 anna:2>3 3 bea:->1 to 4", "anna: 2 > 3", "bea: - > 1"});
  CHECK(f.warnings.size() == 1);
}

TEST_CASE("table follower: a copy whose tail is still to come is not taken for a complete one") {
  followed f;
  f.changelog.put(0, "k", "0");
  f.start();
  f.stop();
  const auto complete = f.store->last_checkpoint()->written_ms;
  f.threads.advance(2h);
  f.changelog.put(1, "k", "1");
  async::event hold{f.threads.executor()};
  f.listener.hold = &hold;
  f.announce();
  f.start();
  f.stop();
  CHECK(f.store->last_checkpoint()->written_ms == complete);
}

}  // namespace corka::test
