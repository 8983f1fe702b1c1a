// What the embedded broker finds on its disk after crashes at any moment; and that the disk that says so is one.
#include "simulation/simulated_disk.hpp"
#include "../kafka_embedded/log_text.hpp"
#include "kafka/embedded/catalog.hpp"
#include "kafka/embedded/offset_store.hpp"
#include "kafka/ports.hpp"

#include <corka/error.hpp>

#include <doctest/doctest.h>

#include <algorithm>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

using namespace corka;
using namespace corka::test;
using corka::simulation_parts::simulated_disk;
using text = std::vector<std::string>;

namespace {

/// Some topics and committed offsets on a disk, and a record of what was acknowledged that knows nothing of it.
class broker_life {
 public:
  explicit broker_life(simulated_disk::loss by, std::uint64_t seed)
      : by_{by}, disk{std::make_shared<simulated_disk>(by, dice{seed})} {}

  void open() {
    kafka::embedded::partition_log::settings topics{"/broker/topics", 4096, by_ == simulated_disk::loss::power, disk};
    auto offsets = topics;
    offsets.directory = "/broker/offsets";
    offsets_.reset();
    topics_.reset();
    offsets_.emplace(offsets, book.to());
    topics_.emplace(topics, 1, book.to());
  }
  /// The same without a new process object: what a simulated broker does.
  void reopen() {
    if (!topics_) return open();
    topics_->reopen();
    offsets_->reopen(book.to());
  }

  /// Records go through rolled and compacted segments, one frame does not fit into any.
  void live() {
    create("clicks");
    for (int i = 0; i < 12; ++i)
      append("clicks", "k" + std::to_string(i % 4), std::string(700, static_cast<char>('a' + i)));
    commit(5);
    topics_->find(topic_name{"clicks"})->maintain(1'000'000, true);
    create("large");
    append("large", "l", std::string(9'000, 'l'));
    for (int i = 0; i < 6; ++i) append("clicks", "k" + std::to_string(i % 3), std::to_string(i));
    commit(12);
    topics_->find(topic_name{"clicks"})->maintain(2'000'000, true);
    offsets_->maintain(2'000'000, true);
    commit(17);
    append("clicks", "k9", "last");
  }

  void check() {
    for (const auto& name : created) {
      CAPTURE(name);
      REQUIRE(topics_->find(topic_name{name}));
    }
    for (const auto& [name, records] : acknowledged) {
      auto& log = topics_->find(topic_name{name})->at(partition_id{0}).log();
      const auto there = lines(log);
      std::map<std::string, std::int64_t> last;
      for (const auto& line : there) last[key_of(line)] = std::stoll(line);
      std::int64_t before = -1;
      for (const auto& line : there) {
        CHECK(std::stoll(line) > before);
        before = std::stoll(line);
      }
      for (const auto& line : records) {
        const bool kept = std::ranges::find(there, line) != there.end();
        const auto newer = last.find(key_of(line));
        const bool superseded = newer != last.end() && newer->second > std::stoll(line);
        CHECK_MESSAGE((kept || superseded), line);
      }
      // At most the one that was under way.
      CHECK(log.range().high.value <= next[name] + 1);
      CHECK(log.range().high.value >= next[name]);
      next[name] = log.range().high.value;
    }
    const topic_partition where{topic_name{"clicks"}, partition_id{0}};
    const auto kept = offsets_->committed(group_name{"g"}, std::vector{where}).front();
    const auto at = kept ? kept->value : 0;
    CHECK((at == committed || at == attempted));
    committed = at;
  }

  void create(const std::string& name) {
    topics_->create(topic_name{name}, 1, {{"cleanup.policy", "compact"}});
    if (std::ranges::find(created, name) == created.end()) created.push_back(name);
  }
  void append(const std::string& topic, const std::string& key, const std::string& value) {
    auto& log = topics_->find(topic_name{topic})->at(partition_id{0}).log();
    acknowledged[topic];
    next.try_emplace(topic, log.range().high.value);
    const auto at = test::append(log, {key + "=" + value});
    acknowledged[topic].push_back(std::to_string(at) + " " + key + "=" + value);
    next[topic] = at + 1;
  }
  void commit(std::int64_t to) {
    attempted = to;
    const kafka::position p{{topic_name{"clicks"}, partition_id{0}}, offset{to}};
    offsets_->commit(group_name{"g"}, std::vector{p}, 0);
    committed = to;
  }
  static std::string key_of(const std::string& line) {
    const auto from = line.find(' ') + 1;
    return line.substr(from, line.find('=') - from);
  }

 private:
  simulated_disk::loss by_;

 public:
  std::shared_ptr<simulated_disk> disk;
  log_book book;
  text created;
  std::map<std::string, text> acknowledged;
  std::map<std::string, std::int64_t> next;
  std::int64_t attempted = 0;
  std::int64_t committed = 0;

 private:
  std::optional<kafka::embedded::offset_store> offsets_;
  std::optional<kafka::embedded::catalog> topics_;
};

/// Whether it ran to its end.
bool runs(const std::function<void()>& what, const simulated_disk& on) {
  try {
    what();
    return true;
  } catch (const error& e) {
    REQUIRE_MESSAGE(on.stopped(), e.what());
    return false;
  }
}

}  // namespace

TEST_CASE("broker on disk: whenever it crashes, and however, nothing acknowledged is lost, and it can go on") {
  for (const auto by : {simulated_disk::loss::process, simulated_disk::loss::power}) {
    CAPTURE(by == simulated_disk::loss::power);
    std::uint64_t calls = 0;
    for (std::uint64_t seed = 1; seed <= 3; ++seed) {
      CAPTURE(seed);
      for (std::uint64_t at = 0;; ++at) {
        CAPTURE(at);
        broker_life b{by, seed};
        b.disk->stop_in(at);
        const bool ended = runs(
            [&] {
              b.open();
              b.live();
            },
            *b.disk);
        if (ended) {
          calls = at;
          b.disk->stop();
        }
        b.disk->start();
        // The way back may be cut short, too.
        b.disk->stop_in(at % 7);
        if (!runs([&] { at % 2 == 0 ? b.open() : b.reopen(); }, *b.disk)) {
          b.disk->start();
          b.open();
        } else {
          b.disk->stop_in(1'000'000);
        }
        b.check();
        b.live();
        b.check();
        if (ended) break;
      }
    }
    CHECK(calls > 60);
  }
}

TEST_CASE("broker on disk: a write that finds no room, anywhere, leaves a log that can be written to") {
  for (std::uint64_t at = 0; at < 60; ++at) {
    CAPTURE(at);
    broker_life b{simulated_disk::loss::process, 1};
    b.open();
    b.disk->refuse_in(at);
    while (true) {
      try {
        b.live();
        break;
      } catch (const error& e) { REQUIRE(std::string{e.what()}.find("no space left") != std::string::npos); }
    }
    b.check();
    b.disk->stop();
    b.disk->start();
    b.open();
    b.check();
  }
}

TEST_CASE("simulated disk: without a sync bytes and names are lost sooner or later; with one never") {
  int lost_bytes = 0;
  int lost_names = 0;
  int torn = 0;
  for (std::uint64_t seed = 0; seed < 40; ++seed) {
    simulated_disk d{simulated_disk::loss::power, dice{seed}};
    d.make_folder("/f", true);
    const auto kept = d.create("/f/kept", 100);
    d.sync_folder("/f");
    kept->write(0, "0123456789");
    kept->sync();
    kept->write(10, "0123456789");
    d.write("/f/named", "all");
    d.stop();
    CHECK_THROWS_AS(kept->write(20, "x"), error);
    d.start();
    const auto left = d.read("/f/kept", 100);
    REQUIRE(left);
    CHECK(left->starts_with("0123456789"));
    lost_bytes += left->size() < 20 ? 1 : 0;
    torn += left != std::string{"01234567890123456789"}.substr(0, left->size()) ? 1 : 0;
    lost_names += d.read("/f/named", 100) ? 0 : 1;
  }
  CHECK(lost_bytes > 10);
  CHECK(torn > 3);
  CHECK(lost_names > 10);
}

TEST_CASE("simulated disk: when the process dies everything stays, but for the write under way") {
  for (std::uint64_t seed = 0; seed < 20; ++seed) {
    simulated_disk d{simulated_disk::loss::process, dice{seed}};
    d.make_folder("/f", false);
    const auto file = d.create("/f/a", 100);
    file->write(0, "0123456789");
    d.stop_in(0);
    CHECK_THROWS_AS(file->write(10, "0123456789"), error);
    CHECK(d.stopped());
    d.start();
    const auto left = d.read("/f/a", 100);
    REQUIRE(left);
    CHECK(left->size() >= 10);
    CHECK(*left == std::string{"01234567890123456789"}.substr(0, left->size()));
    d.rename("/f", "/g");
    CHECK(d.size("/g/a") == left->size());
    d.remove("/g");
    CHECK_FALSE(d.read("/g/a", 1));
    CHECK(d.list("/").empty());
  }
}
