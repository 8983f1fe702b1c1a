#include "table/table_recovery.hpp"

#include "async/thread_execution.hpp"
#include "async/virtual_execution.hpp"
#include "fake_changelog.hpp"
#include "store/lmdb/lmdb_factory.hpp"
#include "store/memory/memory_factory.hpp"
#include "support/temporary_folder.hpp"

#include <corka/error.hpp>

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/use_future.hpp>

#include <doctest/doctest.h>

#include <atomic>
#include <exception>
#include <functional>
#include <future>
#include <random>
#include <thread>

namespace corka::test {

using tables::recovered;
using tables::recovery_options;
using tables::table_recovery;

namespace {

namespace asio = boost::asio;
using rows = std::map<std::string, std::string>;

const store::identity users{"users-table", "id-1", 3, "text"};

rows content(const store::table_store& s) {
  rows r;
  s.read()->range({}, std::nullopt, false, [&](std::string_view key, std::string_view value) {
    r.emplace(key, value);
    return true;
  });
  return r;
}

/// A store, a changelog, and recoveries on virtual time.
struct table_partition {
  async::virtual_execution threads;
  store::memory::memory_factory factory;
  std::unique_ptr<store::table_store> store = factory.open("users/3").store;
  fake_changelog changelog;
  std::vector<std::string> warnings;
  logger log{std::make_shared<const log_sink>(
                 [this](log_level, std::string_view, std::string_view message) { warnings.emplace_back(message); }),
             log_level::warn, "users/3"};
  recovery_options options{};

  table_recovery make() { return {threads, changelog, *store, users, changelog.range(), log, options}; }
  recovered recover() {
    auto recovery = make();
    return threads.run(recovery.run());
  }
  [[nodiscard]] std::int64_t stands_at() const {
    const auto at = store->last_checkpoint();
    return at ? at->changelog.value : -1;
  }
};

/// A recovery that has been started, to be looked at and cancelled.
struct running {
  explicit running(table_partition& t) : of{t}, recovery{t.make()} {
    asio::co_spawn(t.threads.executor(), recovery.run(),
                   asio::bind_cancellation_slot(stop.slot(), [this](std::exception_ptr failed, recovered r) {
                     ended = true;
                     failure = failed;
                     result = std::move(r);
                   }));
    t.threads.settle();
  }
  void cancel() {
    stop.emit(asio::cancellation_type::terminal);
    of.threads.settle();
  }

  table_partition& of;
  table_recovery recovery;
  asio::cancellation_signal stop;
  bool ended = false;
  std::exception_ptr failure;
  recovered result;
};

}  // namespace

TEST_CASE("table recovery: an empty copy gets the last value of every key") {
  table_partition t;
  t.changelog.put(0, "anna", "1");
  t.changelog.put(1, "bea", "1");
  t.changelog.put(2, "anna", "2");
  t.changelog.put(3, "bea", std::nullopt);
  t.changelog.put(4, "cleo", "");
  t.changelog.put(5, "", "no key");
  const auto r = t.recover();
  CHECK(content(*t.store) == rows{{"", "no key"}, {"anna", "2"}, {"cleo", ""}});
  CHECK(t.store->is_copy_of() == users);
  CHECK(t.stands_at() == 6);
  CHECK(t.store->last_checkpoint()->written_ms == t.threads.time().wall_ms());
  CHECK(r.changelog == offset{6});
  CHECK(r.records == 6);
  CHECK(r.why_dropped.empty());
  CHECK(t.warnings.empty());
}

TEST_CASE("table recovery: where nothing is new nothing is read") {
  table_partition t;
  SUBCASE("an empty changelog") { CHECK(t.recover().changelog == offset{0}); }
  SUBCASE("a copy that stands at the end") {
    t.store->apply({}, users, {offset{100}, {}, 0});
    t.changelog.set_range(0, 100);
    CHECK(t.recover().changelog == offset{100});
    CHECK(t.stands_at() == 100);
  }
  CHECK(t.changelog.opened().empty());
}

TEST_CASE("table recovery: a copy is read on from where it stands") {
  table_partition t;
  for (int i = 0; i < 10; ++i) t.changelog.put(i, "k" + std::to_string(i), "changelog");
  const store::change old{"k0", "local", false};
  t.store->apply({&old, 1}, users, {offset{7}, {}, 0});
  CHECK(t.recover().records == 3);
  CHECK(t.changelog.opened() == std::vector<std::int64_t>{7});
  CHECK(content(*t.store) == rows{{"k0", "local"}, {"k7", "changelog"}, {"k8", "changelog"}, {"k9", "changelog"}});
}

TEST_CASE("table recovery: a stale copy is dropped, with a warning, and made anew") {
  table_partition t;
  t.changelog.put(5, "anna", "new");
  t.changelog.set_range(5, 6);
  const store::change old{"bea", "stale", false};
  t.store->apply({&old, 1}, users, {offset{9}, {}, 0});
  const auto r = t.recover();
  CHECK(content(*t.store) == rows{{"anna", "new"}});
  CHECK(r.why_dropped == "it stands at offset 9, but the changelog ends at 6");
  REQUIRE(t.warnings.size() == 1);
  CHECK(t.warnings[0].find("users-table/3") != std::string::npos);
  CHECK(t.warnings[0].find(r.why_dropped) != std::string::npos);

  SUBCASE("also where nothing is left to be read") {
    t.changelog.set_range(20, 20);
    CHECK(t.recover().changelog == offset{20});
    CHECK(content(*t.store).empty());
    CHECK_FALSE(t.store->last_checkpoint());
  }
}

TEST_CASE("table recovery: holes before the end do not keep it waiting") {
  table_partition t;
  t.changelog.put(2, "anna", "1");
  t.changelog.set_range(0, 50);
  CHECK(t.recover().changelog == offset{50});
  CHECK(t.stands_at() == 50);
  t.changelog.set_range(0, 60);
  CHECK(t.recover().changelog == offset{60});
  CHECK(content(*t.store) == rows{{"anna", "1"}});
}

TEST_CASE("table recovery: what arrives meanwhile above the end is applied if it came along") {
  table_partition t;
  for (int i = 0; i < 4; ++i) t.changelog.put(i, "k" + std::to_string(i), "v");
  auto recovery = t.make();
  for (int i = 4; i < 9; ++i) t.changelog.put(i, "k" + std::to_string(i), "v");
  const auto r = t.threads.run(recovery.run());
  CHECK(r.changelog == offset{6});  // two polls of three
  CHECK(content(*t.store).size() == 6);
  CHECK(t.stands_at() == 6);
}

TEST_CASE("table recovery: any size of batches gives the same table") {
  rows expected;
  for (const std::size_t size : {1, 2, 7, 100, 100'000}) {
    for (const bool by_bytes : {false, true}) {
      table_partition t;
      t.options.batch_records = by_bytes ? 1'000'000 : size;
      t.options.batch_bytes = by_bytes ? size * 100 : std::size_t{1} << 30U;
      std::mt19937 random{5};
      rows model;
      for (int i = 0; i < 500; i += 1 + static_cast<int>(random() % 2)) {
        const auto key = std::to_string(random() % 60);
        if (random() % 4 == 0) {
          t.changelog.put(i, key, std::nullopt);
          model.erase(key);
        } else {
          t.changelog.put(i, key, std::to_string(i));
          model[key] = std::to_string(i);
        }
      }
      t.recover();
      CHECK(content(*t.store) == model);
      CHECK(t.stands_at() == t.changelog.range().high.value);
      CHECK(t.changelog.opened().size() == 1);
    }
  }
}

TEST_CASE("table recovery: it waits for records that have not arrived, and says how far it is") {
  table_partition t;
  for (int i = 0; i < 10; ++i) t.changelog.put(i, "k" + std::to_string(i), "0123456789");
  t.changelog.hold_at(4);
  running r{t};
  CHECK_FALSE(r.ended);
  auto status = r.recovery.progress().status();
  REQUIRE(status);
  CHECK(status->position == offset{4});
  CHECK(status->end == offset{10});
  CHECK(status->records == 4);
  CHECK(r.recovery.progress().bytes() == 4 * 12);
  t.threads.advance(std::chrono::seconds{3});
  CHECK(r.recovery.progress().status()->elapsed == std::chrono::seconds{3});
  // 4 in 3 s, 6 to come.
  CHECK(r.recovery.progress().status()->remaining == std::chrono::milliseconds{4'500});

  t.changelog.arrive(10);
  t.threads.settle();
  CHECK(r.ended);
  CHECK(r.result.changelog == offset{10});
  t.threads.advance(std::chrono::seconds{3});
  CHECK(r.recovery.progress().status()->elapsed == std::chrono::seconds{3});
  CHECK(r.recovery.progress().status()->position == offset{10});
  CHECK(r.recovery.progress().status()->remaining == std::chrono::milliseconds{0});
}

TEST_CASE("table recovery: interrupted, it goes on from its last batch next time") {
  table_partition t;
  for (int i = 0; i < 100; ++i) t.changelog.put(i, "k" + std::to_string(i), "v");
  t.options.batch_records = 10;
  t.changelog.hold_at(38);
  running r{t};
  r.cancel();
  CHECK(r.ended);
  CHECK(r.failure);
  const auto stood = t.stands_at();
  CHECK(stood >= 30);
  CHECK(stood < 38);
  CHECK(content(*t.store).size() == static_cast<std::size_t>(stood));

  t.changelog.hold_at(1'000);
  CHECK(t.recover().changelog == offset{100});
  CHECK(t.changelog.opened() == std::vector<std::int64_t>{0, stood});
  CHECK(content(*t.store).size() == 100);
}

TEST_CASE("table recovery: many at a time share their memory, and write smaller batches") {
  const std::string value(100'000, 'v');
  tables::recovery_memory memory{std::size_t{6} << 20U};
  table_partition t;
  t.options.shared = &memory;
  for (int i = 0; i < 40; ++i) t.changelog.put(i, "k" + std::to_string(i), value);
  t.changelog.hold_at(25);
  SUBCASE("one alone collects half of it while it writes the other half") {
    running r{t};
    CHECK(t.stands_at() == -1);
    r.cancel();
  }
  SUBCASE("with two others a third of that is left") {
    const tables::recovery_memory::seat second{memory};
    const tables::recovery_memory::seat third{memory};
    running r{t};
    CHECK(t.stands_at() >= 10);
    r.cancel();
  }
  t.changelog.hold_at(1'000);
  CHECK(t.recover().changelog == offset{40});
  const tables::recovery_memory::seat after{memory};
  CHECK(after.share() == std::size_t{6} << 20U);
}

TEST_CASE("table recovery: cancelled at any moment before its end it does not pass for finished") {
  int before_the_end = 0;
  for (int turns = 0; turns < 30; ++turns) {
    CAPTURE(turns);
    table_partition t;
    for (int i = 0; i < 20; ++i) t.changelog.put(i, "k" + std::to_string(i), "v");
    t.options.batch_records = 10;
    t.changelog.hold_at(0);
    running r{t};
    t.changelog.arrive(20);
    bool in_time = false;
    std::function<void(int)> after = [&](int left) {
      if (left > 0) {
        asio::post(t.threads.executor(), [&, left] { after(left - 1); });
      } else if (!r.ended) {
        in_time = true;
        r.stop.emit(asio::cancellation_type::terminal);
      }
    };
    after(turns);
    t.threads.settle();
    REQUIRE(r.ended);
    CHECK(static_cast<bool>(r.failure) == in_time);
    before_the_end += in_time ? 1 : 0;
  }
  CHECK(before_the_end > 3);
  CHECK(before_the_end < 30);
}

TEST_CASE("table recovery: a changelog whose front is deleted meanwhile is begun again at its new front") {
  table_partition t;
  for (int i = 0; i < 20; ++i) t.changelog.put(i, "k" + std::to_string(i), "v");
  t.changelog.hold_at(6);
  running r{t};
  t.changelog.set_range(15, 20);
  t.changelog.arrive(1'000);
  t.threads.settle();
  CHECK(r.ended);
  CHECK_FALSE(r.failure);
  CHECK(r.result.changelog == offset{20});
  CHECK(content(*t.store).size() == 5);
  CHECK(t.changelog.opened() == std::vector<std::int64_t>{0, 15});
}

TEST_CASE("table recovery: a deleted topic and a range that nobody knows are errors, not loops") {
  table_partition t;
  t.changelog.put(0, "a", "1");
  SUBCASE("deleted") {
    t.changelog.unknown = true;
    CHECK_THROWS_WITH_AS(t.recover(), "topic was deleted", error);
  }
  SUBCASE("out of range, with no range known") {
    t.changelog.set_range(0, 0);
    t.changelog.hold_at(-1);
    t.store->apply({}, users, {offset{1}, {}, 0});
    table_recovery other{t.threads, t.changelog, *t.store, users, {offset{0}, offset{9}}, t.log};
    CHECK_THROWS_WITH_AS(t.threads.run(other.run()), "out of range", error);
    CHECK(t.stands_at() == 1);
  }
}

TEST_CASE("table recovery: a store that fails ends it with the store's error") {
  table_partition t;
  for (int i = 0; i < 100; ++i) t.changelog.put(i, "k", "v");
  t.options.batch_records = 10;
  t.changelog.hold_at(50);
  running r{t};
  t.store->close();
  t.changelog.arrive(100);
  t.threads.settle();
  REQUIRE(r.ended);
  REQUIRE(r.failure);
  CHECK_THROWS_WITH_AS(std::rethrow_exception(r.failure), doctest::Contains("is closed"), error);
}

TEST_CASE("table recovery: on real threads, over LMDB, watched and interrupted, it ends with the table") {
  temporary_folder folder;
  fake_changelog changelog;
  changelog.records_per_poll = 50;
  std::mt19937 random{11};
  rows model;
  for (int i = 0; i < 20'000; ++i) {
    const auto key = std::to_string(random() % 3'000);
    if (random() % 5 == 0) {
      changelog.put(i, key, std::nullopt);
      model.erase(key);
    } else {
      changelog.put(i, key, std::to_string(i));
      model[key] = std::to_string(i);
    }
  }
  async::thread_execution threads{1, 2};
  const auto store = store::lmdb::lmdb_factory{}.open(folder / "t").store;
  recovery_options options;
  options.batch_records = 700;
  bool recovered_all = false;
  for (int round = 0; !recovered_all; ++round) {
    REQUIRE(round < 50);
    table_recovery recovery{threads, changelog, *store, users, changelog.range(), {}, options};
    asio::cancellation_signal stop;
    auto end =
        asio::co_spawn(threads.worker(0), recovery.run(), asio::bind_cancellation_slot(stop.slot(), asio::use_future));
    // Interrupted at some point of the first half, then let go on; read by another thread all the while.
    std::uint64_t records = 0;
    while (records < 3'000U && end.wait_for(std::chrono::seconds{0}) != std::future_status::ready) {
      if (const auto s = recovery.progress().status()) records = s->records;
    }
    if (round < 4) asio::post(threads.worker(0), [&] { stop.emit(asio::cancellation_type::terminal); });
    try {
      const auto result = end.get();
      CHECK(result.changelog == offset{20'000});
      recovered_all = true;
    } catch (const std::exception&) { CHECK(round < 4); }
    // The slot is the worker's: it is done with it before `stop` goes.
    std::promise<void> passed;
    asio::post(threads.worker(0), [&] { passed.set_value(); });
    passed.get_future().wait();
  }
  CHECK(content(*store) == model);
}

}  // namespace corka::test
