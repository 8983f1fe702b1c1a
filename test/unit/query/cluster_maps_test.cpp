#include "query/cluster_maps.hpp"

#include "async/timer.hpp"
#include "async/virtual_execution.hpp"

#include <doctest/doctest.h>

#include <chrono>
#include <optional>
#include <stdexcept>
#include <string>

using namespace corka;
using namespace std::chrono_literals;
using query::cluster_maps;

namespace {

/// A cluster that takes a second for each answer.
struct slow_directory final : query::group_directory {
  corka::clock& time;
  int asked = 0;
  bool away = false;
  explicit slow_directory(corka::clock& t) : time{t} {}

  [[nodiscard]] std::optional<std::string> group_of(const std::string&) const override { return {}; }
  [[nodiscard]] std::vector<std::string> groups() const override { return {"planes"}; }
  [[nodiscard]] std::string self() const override { return {}; }
  [[nodiscard]] task<std::optional<query::group_description>> describe(std::string group) override {
    ++asked;
    co_await async::sleep_for(time, 1s);
    if (away) throw std::runtime_error{"away"};
    if (group == "none" || group.starts_with("made-up")) co_return std::nullopt;
    co_return query::group_description{group, asked, partitioner::fnv1a, {}};
  }
};

struct fixture {
  async::virtual_execution threads;
  slow_directory directory{threads.time()};
  cluster_maps maps{threads.worker(0), threads.time(), directory, logger{}};
  ~fixture() { threads.run(maps.stop()); }

  /// Number of the answer that the map is of; 0: there is none.
  int get(bool fresh = false) {
    const auto map = threads.run(maps.get("planes", fresh));
    return map ? map->partitions() : 0;
  }
  void pass(corka::clock::duration d) { threads.run(async::sleep_for(threads.time(), d)); }
};

}  // namespace

TEST_CASE("cluster maps: the cluster is asked once, and again after a while, while the old map serves") {
  fixture f;
  CHECK(f.get() == 1);
  CHECK(f.get() == 1);
  CHECK(f.directory.asked == 1);
  f.pass(cluster_maps::lifetime);
  CHECK(f.get() == 1);  // at once
  f.pass(2s);
  CHECK(f.get() == 2);
  CHECK(f.directory.asked == 2);
}

TEST_CASE("cluster maps: a fresh map is waited for, and asked for once by all who want one") {
  fixture f;
  CHECK(f.get() == 1);
  const auto both = [](cluster_maps& maps, async::virtual_execution& threads) -> task<int> {
    async::task_group two{threads.worker(0)};
    int sum = 0;
    const auto one = [](cluster_maps& m, int& into) -> task<> {
      const auto map = co_await m.get("planes", true);
      into += map->partitions();
    };
    two.spawn(one(maps, sum));
    two.spawn(one(maps, sum));
    co_await two.join();
    co_return sum;
  };
  CHECK(f.threads.run(both(f.maps, f.threads)) == 4);
  CHECK(f.directory.asked == 2);
}

TEST_CASE("cluster maps: a cluster that is away leaves what was known; an unknown group is none") {
  fixture f;
  CHECK(f.get() == 1);
  f.directory.away = true;
  CHECK(f.get(true) == 1);
  CHECK(f.directory.asked == 2);
  f.directory.away = false;
  CHECK(!f.threads.run(f.maps.get("none", false)));
}

TEST_CASE("cluster maps: groups that clients make up take neither memory nor the cluster's time without bound") {
  fixture f;
  CHECK(f.get() == 1);
  const auto flood = [](cluster_maps& maps, async::virtual_execution& threads) -> task<> {
    async::task_group all{threads.worker(0)};
    const auto one = [](cluster_maps& m, std::string name) -> task<> { (void)co_await m.get(std::move(name), false); };
    for (int i = 0; i < 5'000; ++i) all.spawn(one(maps, "made-up-" + std::to_string(i)));
    co_await all.join();
  };
  f.threads.run(flood(f.maps, f.threads));
  const auto once = f.directory.asked;
  CHECK(once == static_cast<int>(cluster_maps::most_groups));
  // Others take the places of those; what is there is kept.
  CHECK(!f.threads.run(f.maps.get("none", false)));
  CHECK(f.directory.asked == once + 1);
  CHECK(f.get() == 1);
}
