#include "table/whole_table.hpp"

#include "async/virtual_execution.hpp"
#include "kafka/embedded/broker.hpp"
#include "store/lmdb/lmdb_factory.hpp"
#include "store/memory/memory_factory.hpp"
#include "support/temporary_folder.hpp"

#include <corka/error.hpp>

#include <doctest/doctest.h>

#include <filesystem>
#include <map>
#include <memory>
#include <string>
#include <vector>

namespace corka::test {

using tables::whole_table;
using tables::whole_table_options;

namespace {

using namespace std::chrono_literals;
using rows = std::map<std::string, std::string>;

struct ignore_reports final : kafka::delivery_sink {
  void delivered(std::span<const kafka::delivery_report>) noexcept override {}
};

/// A broker and a table on it, in virtual time, with local copies on disk.
struct cluster_and_table {
  async::virtual_execution threads;
  temporary_folder folder;
  store::lmdb::lmdb_factory stores;
  std::shared_ptr<kafka::embedded::broker> broker;
  std::shared_ptr<kafka::cluster> cluster;
  std::shared_ptr<kafka::admin> admin;
  std::shared_ptr<kafka::producer> producer;
  kafka::sink_id sink = 0;
  std::atomic<std::size_t> next_worker{0};
  std::vector<std::string> log;
  whole_table_options options;
  std::shared_ptr<whole_table> table;
  bool ended = false;
  std::string failure;

  cluster_and_table() {
    kafka::embedded::broker_options with;
    with.seed = 1;
    broker = kafka::embedded::broker::open(threads, with);
    cluster = kafka::embedded::make_cluster(broker);
    admin = cluster->make_admin(threads.executor());
    producer = cluster->make_producer({.client_id = "test", .properties = {}}, threads.executor());
    sink = producer->attach(std::make_shared<ignore_reports>());
  }
  ~cluster_and_table() {
    if (table && !ended) stop();
    threads.run(producer->close(threads.time().now() + 1s));
  }

  void create(std::int32_t partitions) {
    std::vector<kafka::new_topic> topics;
    topics.push_back({topic_name{"users"}, partitions, 1, {{"cleanup.policy", "compact"}}});
    threads.run(admin->create(std::move(topics)));
  }
  void write(const std::string& key, std::optional<std::string> value) {
    const auto to = threads.run(producer->topic(topic_name{"users"}));
    kafka::outgoing what;
    what.partition = partition_of(key, to->partitions());
    what.key = key;
    if (value) what.value = *value;
    what.tombstone = !value;
    producer->send(*to, what, sink, 0);
    threads.advance(20ms);
  }
  void start() {
    tables::table_surroundings with;
    with.threads = &threads;
    with.reader = cluster->reader("test-view", threads.executor());
    with.admin = cluster->make_admin(threads.executor());
    with.stores = &stores;
    with.folder = folder / "users";
    with.next_worker = &next_worker;
    with.log = logger{std::make_shared<const log_sink>(
                          [this](log_level, std::string_view, std::string_view text) { log.emplace_back(text); }),
                      log_level::info, "users"};
    ended = false;
    failure.clear();
    table = std::make_shared<whole_table>(std::move(with), topic_name{"users"}, partitioner::fnv1a, "text", options);
    threads.start(watch(table));
    threads.advance(10ms);
  }
  task<> watch(std::shared_ptr<whole_table> t) {
    try {
      co_await t->run();
    } catch (const std::exception& e) { failure = e.what(); }
    ended = true;
  }
  void stop() {
    table->stop();
    threads.settle();
  }
  [[nodiscard]] std::string get(const std::string& key) const {
    std::string found = "(none)";
    try {
      table->find(key, [&](std::string_view value) { found = value; });
    } catch (const error& e) { return "(" + e.code().message() + ")"; }
    return found;
  }
  [[nodiscard]] rows all() const {
    rows r;
    table->rows({}, {}, [&](std::string_view key, std::string_view value) { r.emplace(key, value); });
    return r;
  }
  [[nodiscard]] bool logged(std::string_view text) const {
    for (const auto& line : log) {
      if (line.find(text) != std::string::npos) return true;
    }
    return false;
  }
};

}  // namespace

TEST_CASE("whole table: every partition is read, followed, and read as one table") {
  cluster_and_table w;
  w.create(5);
  for (int i = 0; i < 50; ++i) w.write("k" + std::to_string(i), std::to_string(i));
  w.start();
  CHECK(w.table->state() == view_state::running);
  CHECK(w.get("k7") == "7");
  CHECK(w.get("nobody") == "(none)");
  CHECK(w.all().size() == 50);
  w.write("k7", "new");
  w.write("k8", std::nullopt);
  CHECK(w.get("k7") == "new");
  CHECK(w.get("k8") == "(none)");
  view_status status;
  w.table->fill(status);
  CHECK(status.partitions.size() == 5);
  CHECK(status.rows == 49);
  CHECK(status.lag == 0);
  w.stop();
  CHECK(w.ended);
  CHECK(w.failure.empty());
  CHECK(w.table->state() == view_state::idle);
  CHECK(w.get("k7") == "(" + make_error_code(errc::not_recovered).message() + ")");
}

TEST_CASE("whole table: an empty table is ready at once") {
  cluster_and_table w;
  w.create(3);
  w.start();
  w.threads.run(w.table->ready());
  CHECK(w.all().empty());
}

TEST_CASE("whole table: a topic that does not exist is waited for") {
  cluster_and_table w;
  w.start();
  w.threads.advance(std::chrono::minutes{1});
  CHECK_FALSE(w.ended);
  CHECK(w.table->state() == view_state::connecting);
  w.create(3);
  w.threads.run(w.table->ready());
  CHECK(w.all().empty());
  CHECK(w.table->state() == view_state::running);
}

TEST_CASE("whole table: stopped before it runs, it returns at once") {
  cluster_and_table w;
  w.create(1);
  w.start();
  w.stop();
  CHECK(w.ended);
  auto never =
      std::make_shared<whole_table>(tables::table_surroundings{}, topic_name{"users"}, partitioner::fnv1a, "text");
  never->stop();
  CHECK(never->state() == view_state::idle);
}

TEST_CASE("whole table: while the cluster is away the state says so, rows are served, and it goes on by itself") {
  cluster_and_table w;
  w.create(2);
  w.write("anna", "1");
  w.start();
  const auto cut = [&](bool reachable) {
    for (const auto* client : {"test-view", "admin"}) w.broker->set_reachable(client, reachable);
  };
  cut(false);
  w.threads.advance(4s);
  CHECK(w.table->state() == view_state::disconnected);
  CHECK(w.get("anna") == "1");
  w.write("anna", "2");
  w.threads.advance(10s);
  CHECK(w.get("anna") == "1");
  cut(true);
  w.threads.advance(2s);
  CHECK(w.table->state() == view_state::running);
  CHECK(w.get("anna") == "2");
  w.broker->set_reachable(false);
  w.threads.advance(4s);
  w.stop();
  CHECK(w.ended);
  CHECK(w.failure.empty());
}

TEST_CASE(
    "whole table: with the cluster away at the start it waits, and serves an earlier copy only if it is told to") {
  cluster_and_table w;
  w.create(3);
  for (int i = 0; i < 20; ++i) w.write("k" + std::to_string(i), "old");
  w.start();
  w.stop();
  w.broker->set_reachable(false);
  for (const bool stale : {false, true}) {
    w.options.stale_reads = stale;
    w.start();
    w.threads.advance(1s);
    CHECK(w.table->state() == view_state::connecting);
    CHECK(w.get("k3") == (stale ? "old" : "(" + make_error_code(errc::not_recovered).message() + ")"));
    if (stale) CHECK(w.all().size() == 20);
    w.stop();
    CHECK(w.ended);
  }
  w.start();
  w.broker->set_reachable(true);
  w.threads.advance(10s);
  CHECK(w.table->state() == view_state::running);
  w.write("k3", "new");
  CHECK(w.get("k3") == "new");
}

TEST_CASE("whole table: a copy of something else is never served") {
  cluster_and_table w;
  w.create(2);
  w.write("anna", "1");
  w.start();
  w.stop();
  w.broker->set_reachable(false);
  w.options.stale_reads = true;
  w.options.following.recovery.update = {"other",
                                         [](const table_update&, std::string&) { return update_action::store; }};
  w.start();
  w.threads.advance(1s);
  CHECK(w.get("anna") == "(" + make_error_code(errc::not_recovered).message() + ")");
}

TEST_CASE("whole table: a table that is made again, with more partitions or fewer, is followed as it is now") {
  for (const std::int32_t again : {2, 4, 7}) {
    cluster_and_table w;
    w.create(4);
    for (int i = 0; i < 40; ++i) w.write("old" + std::to_string(i), "v");
    w.start();
    CHECK(w.all().size() == 40);
    w.broker->remove_topic(topic_name{"users"});
    w.threads.advance(5s);
    CHECK(w.table->state() == view_state::disconnected);
    CHECK_FALSE(w.ended);
    w.create(again);
    w.threads.advance(10s);
    for (int i = 0; i < 10; ++i) w.write("new" + std::to_string(i), "v");
    w.threads.advance(10s);
    CHECK(w.table->state() == view_state::running);
    CHECK(w.all().size() == 10);
    view_status status;
    w.table->fill(status);
    CHECK(status.partitions.size() == static_cast<std::size_t>(again));
    CHECK(w.get("new3") == "v");
    CHECK_FALSE(w.logged("looked for in every one"));
    if (again != 4) CHECK(w.logged(std::to_string(again) + " partitions"));
    w.stop();
    CHECK(w.failure.empty());
  }
}

TEST_CASE("whole table: what was written before the topic grew is found, now and by later runs, wherever it is") {
  for (const bool grows_meanwhile : {true, false}) {
    cluster_and_table w;
    w.create(2);
    for (int i = 0; i < 40; ++i) w.write("k" + std::to_string(i), "old");
    w.start();
    CHECK(w.get("k3") == "old");
    CHECK_FALSE(w.logged("looked for in every one"));
    if (!grows_meanwhile) w.stop();
    w.broker->grow_topic(topic_name{"users"}, 5);
    w.threads.advance(5s);
    if (!grows_meanwhile) w.start();
    w.threads.advance(5s);
    CHECK(w.logged("it has 5 partitions now, it had 2; keys that have no row in their own partition are looked for"));
    for (int i = 0; i < 20; ++i) w.write("k" + std::to_string(i), "new");
    const auto is_right = [&w] {
      CHECK(w.all().size() == 40);
      for (int i = 0; i < 40; ++i) {
        const auto key = "k" + std::to_string(i);
        CHECK(w.get(key) == (i < 20 ? "new" : "old"));
        CHECK(w.get(key) == w.all()[key]);
      }
      CHECK(w.get("nobody") == "(none)");
    };
    is_right();
    const auto where = w.table->partition_of_key("k39");
    CHECK(where == partition_of("k39", 2));
    // From its own copy, with and without the cluster.
    w.stop();
    w.start();
    w.threads.advance(5s);
    is_right();
    w.stop();
    w.options.stale_reads = true;
    w.broker->set_reachable(false);
    w.start();
    w.threads.advance(1s);
    is_right();
    w.stop();
    // Evicted is gone from all partitions.
    w.broker->set_reachable(true);
    w.start();
    w.threads.advance(5s);
    w.threads.run(w.table->evict("k39"));
    w.threads.run(w.table->evict("k3"));
    CHECK(w.get("k39") == "(none)");
    CHECK(w.get("k3") == "(none)");
    w.stop();
  }
}

TEST_CASE("whole table: how long erasures are kept is what the topic says") {
  cluster_and_table w;
  std::vector<kafka::new_topic> topics;
  topics.push_back({topic_name{"users"}, 2, 1, {{"cleanup.policy", "compact"}, {"delete.retention.ms", "600000"}}});
  w.threads.run(w.admin->create(std::move(topics)));
  for (int i = 0; i < 10; ++i) w.write("k" + std::to_string(i), "1");
  w.start();
  w.threads.advance(5s);
  for (const auto& [cut_off, again] : {std::pair{9min, false}, std::pair{11min, true}}) {
    w.broker->set_reachable(false);
    w.threads.advance(cut_off);
    w.broker->set_reachable(true);
    w.threads.advance(10ms);
    for (int i = 0; i < 10; ++i) w.write("k" + std::to_string(i), "2");
    w.threads.advance(10s);
    CHECK(w.logged("the changelog keeps erasures for 10 minutes only") == again);
    CHECK(w.get("k3") == "2");
    CHECK(w.table->is_current());
  }
  // One that was complete a moment ago is good after a restart, though it was not written since.
  w.log.clear();
  w.threads.advance(1h);
  w.stop();
  w.write("k3", "3");
  w.start();
  w.threads.advance(5s);
  CHECK_FALSE(w.logged("dropping the local copy"));
  CHECK(w.get("k3") == "3");
  w.stop();
}

TEST_CASE("whole table: keys that somebody put elsewhere are found all the same, and the first one is told") {
  cluster_and_table w;
  w.create(4);
  for (int i = 0; i < 20; ++i) w.write("k" + std::to_string(i), "here");
  w.start();
  CHECK(w.log.size() == 1);  // that it is connected
  const auto to = w.threads.run(w.producer->topic(topic_name{"users"}));
  kafka::outgoing what;
  const auto own = partition_of("stray", 4);
  what.partition = partition_id{(own.value + 1) % 4};
  what.key = "stray";
  what.value = "elsewhere";
  w.producer->send(*to, what, w.sink, 0);
  w.threads.advance(100ms);
  CHECK(w.get("stray") == "elsewhere");
  REQUIRE(w.log.size() == 2);
  INFO(w.log[1]);
  CHECK(w.logged("key \"stray\" is in partition " + std::to_string(what.partition.value) + " and belongs into " +
                 std::to_string(own.value) + " by fnv1a"));
  // In its own partition it counts more, and an erasure there uncovers the other one, as `rows` has it.
  w.write("stray", "home");
  CHECK(w.get("stray") == "home");
  CHECK(w.all()["stray"] == "home");
  w.write("stray", std::nullopt);
  CHECK(w.get("stray") == w.all()["stray"]);
  w.stop();
}

TEST_CASE("whole table: one can await its state, its end, and a record in it") {
  cluster_and_table w;
  w.create(2);
  w.broker->set_reachable(false);
  w.start();
  std::vector<view_state> seen;
  const auto watch_state = [&](std::shared_ptr<whole_table> t) -> task<> {
    auto state = view_state::idle;
    while (seen.size() < 4) {
      state = co_await t->state_after(state);
      seen.push_back(state);
    }
  };
  w.threads.start(watch_state(w.table));
  bool ready = false;
  const auto wait_ready = [&](std::shared_ptr<whole_table> t) -> task<> {
    co_await t->ready();
    ready = true;
  };
  w.threads.start(wait_ready(w.table));
  w.threads.advance(1s);
  CHECK_FALSE(ready);
  w.broker->set_reachable(true);
  w.threads.advance(1s);
  CHECK(ready);
  const auto partition = partition_of("anna", 2);
  bool there = false;
  const auto wait_record = [&](std::shared_ptr<whole_table> t) -> task<> {
    co_await t->applied(partition, offset{0});
    there = true;
  };
  w.threads.start(wait_record(w.table));
  w.threads.settle();
  CHECK_FALSE(there);
  w.write("anna", "1");
  CHECK(there);
  CHECK_THROWS_AS(w.threads.run(w.table->applied(partition_id{9}, offset{0})), error);
  w.stop();
  REQUIRE(seen.size() >= 3);
  CHECK(seen.front() == view_state::connecting);
  CHECK(seen.back() == view_state::idle);
}

TEST_CASE("whole table: an update callback that throws ends it with the record's place") {
  cluster_and_table w;
  w.create(2);
  w.options.following.recovery.update = {"throws", [](const table_update& u, std::string&) -> update_action {
                                           if (u.key == "bad") throw std::runtime_error{"boo"};
                                           return update_action::store;
                                         }};
  w.start();
  w.write("good", "1");
  CHECK_FALSE(w.ended);
  w.write("bad", "1");
  w.threads.advance(1s);
  CHECK(w.ended);
  CHECK(w.failure.find("key \"bad\": the update callback threw: boo") != std::string::npos);
  CHECK(w.table->state() == view_state::failed);
}

TEST_CASE("whole table: an evicted row is gone here and comes back with its next record") {
  cluster_and_table w;
  w.create(2);
  w.write("anna", "1");
  w.start();
  w.threads.run(w.table->evict("anna"));
  CHECK(w.get("anna") == "(none)");
  w.write("anna", "2");
  CHECK(w.get("anna") == "2");
}

}  // namespace corka::test
