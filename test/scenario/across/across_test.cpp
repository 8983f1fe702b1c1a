// Any instance answers every key of a group.
#include "scenario/across/node.hpp"

#include <doctest/doctest.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace corka {

namespace {

using namespace std::chrono_literals;
using nlohmann::json;
using test::network;
using test::node;
using test::world;

const stream<std::string> clicks{"clicks"};

declaration counters(partitioner by = partitioner::fnv1a) {
  const stream<std::string> in{"clicks", {}, by};
  group<std::int64_t> g{"counters"};
  g.input(in, [](context<std::int64_t>& ctx, std::string) { ctx.set(ctx.value().value_or(0) + 1); });
  return g.declared();
}

std::string user(int i) { return "user" + std::to_string(i); }

void write_some(world& w, int n) {
  std::vector<std::pair<std::string, std::string>> records;
  for (int i = 0; i < n; ++i) records.emplace_back(user(i), "page");
  w.write_all("clicks", records);
}

struct three {
  world w;
  network net;
  std::vector<std::unique_ptr<node>> all;

  explicit three(processor_options options = {}, std::vector<std::string> addresses = {"a:1", "b:1", "c:1"},
                 std::string token = {}) {
    net.token = std::move(token);
    w.create("clicks", 6);
    for (const auto& a : addresses)
      all.push_back(std::make_unique<node>(w, net, "instance" + std::to_string(all.size()), a, counters(), options));
    REQUIRE(w.until([&] { return each_has(6 / all.size()); }));
    write_some(w, 40);
    REQUIRE(w.until([&] { return counted() == 40; }));
  }

  bool each_has(std::size_t partitions) {
    for (const auto& n : all) {
      if (n->active() != partitions || !test::caught_up(w, n->runs())) return false;
    }
    return true;
  }
  std::int64_t counted() {
    std::int64_t sum = 0;
    for (const auto& n : all) {
      for (const auto& p : n->runs().status().partitions) {
        for (const auto& i : p.inputs) sum += static_cast<std::int64_t>(i.in.records);
      }
    }
    return sum;
  }
  /// A key that is at another instance than `here`, and that one.
  std::pair<std::string, std::string> key_elsewhere(int here) {
    for (int i = 0; i < 40; ++i) {
      const auto got = all[static_cast<std::size_t>(here)]->key(user(i));
      if (const auto from = got.header("X-Corka-Instance")) return {user(i), std::string{*from}};
    }
    FAIL("every key is here");
    return {};
  }
};

std::string problem_type(const http::reply& r) { return json::parse(r.body).value("type", ""); }

}  // namespace

TEST_SUITE("across instances") {
  TEST_CASE("any of three answers every key, by asking one other at most") {
    three t;
    for (const auto& n : t.all) {
      int given_on = 0;
      for (int i = 0; i < 40; ++i) {
        const auto before = t.net.requests;
        const auto got = n->key(user(i));
        CAPTURE(got.body);
        CHECK(got.status == 200);
        CHECK(got.body == "1");
        CHECK(got.header("X-Corka-Partition") == std::to_string(partition_of(user(i), 6).value));
        const bool elsewhere = got.header("X-Corka-Instance").has_value();
        CHECK(t.net.requests - before == (elsewhere ? 1 : 0));
        given_on += elsewhere ? 1 : 0;
      }
      CHECK(given_on > 0);
      CHECK(given_on < 40);
      CHECK(n->key("nobody").status == 404);
    }
  }

  TEST_CASE("entity tags and raw bytes come through") {
    three t;
    const auto [key, owner] = t.key_elsewhere(0);
    const auto target = "/api/v1/tables/counters-table/keys/" + key;
    const auto first = t.all[0]->get(target, {{"Accept", "application/octet-stream"}});
    CHECK(first.header("Content-Type") == "application/octet-stream");
    CHECK(first.header("X-Corka-Instance") == owner);
    REQUIRE(first.header("ETag"));
    const auto again = t.all[0]->get(
        target, {{"Accept", "application/octet-stream"}, {"If-None-Match", std::string{*first.header("ETag")}}});
    CHECK(again.status == 304);
    CHECK(again.body.empty());
  }

  TEST_CASE("an instance that has nothing of the group answers too, whatever its keys are partitioned by") {
    world w;
    network net;
    w.create("clicks", 6);
    node a{w, net, "a", "a:1", counters(partitioner::murmur2)};
    node b{w, net, "b", "b:1", counters(partitioner::murmur2)};
    node front{w, net, "front", "", std::nullopt};
    REQUIRE(w.until([&] { return a.active() == 3 && b.active() == 3; }));
    // Partitioned by the world as fnv1a: what counts is where the group looks for them.
    for (int i = 0; i < 12; ++i) {
      const auto got = front.key(user(i));
      CAPTURE(got.body);
      CHECK(got.status == 404);
      CHECK(problem_type(got) == "urn:corka:problem:row-absent");
      CHECK(got.header("X-Corka-Partition") == std::to_string(partition_of(user(i), 6, partitioner::murmur2).value));
    }
    CHECK(front.get("/api/v1/tables/none-table/keys/x").status == 404);
    CHECK(problem_type(front.get("/api/v1/tables/none-table/keys/x")) == "urn:corka:problem:table-unknown");
    CHECK(front.get("/api/v1/tables/clicks/keys/x").status == 404);
  }

  TEST_CASE("a request that was given on is not given on again") {
    three t;
    const auto [key, owner] = t.key_elsewhere(0);
    const auto before = t.net.requests;
    const auto got = t.all[0]->get("/api/v1/tables/counters-table/keys/" + key, {{"X-Corka-Forwarded", "1"}});
    CHECK(got.status == 421);
    CHECK(t.all[0]->key(key, "&route=local").status == 421);
    CHECK(t.net.requests == before);
  }

  TEST_CASE("the client's token stays here, and an owner that wants one is no answer of ours") {
    three t;
    const auto [key, owner] = t.key_elsewhere(0);
    const auto target = "/api/v1/tables/counters-table/keys/" + key;
    CHECK(t.all[0]->get(target, {{"Authorization", "Bearer secret"}, {"Cookie", "x=y"}}).status == 200);
    const auto has = [&](const std::string& name, const std::string& value) {
      return std::ranges::find(t.net.last.fields, std::pair{name, value}) != t.net.last.fields.end();
    };
    CHECK(has("X-Corka-Forwarded", "1"));
    CHECK(!has("Authorization", "Bearer secret"));
    CHECK(!has("Cookie", "x=y"));
    for (const auto* const whole : {"/api/v1/tables/counters-table/keys", "/api/v1/cluster/status"}) {
      CHECK(t.all[0]->get(whole, {{"Authorization", "Bearer secret"}}).status == 200);
      CHECK(has("X-Corka-Forwarded", "1"));
      CHECK(!has("Authorization", "Bearer secret"));
    }
    t.net.strict.insert(owner);
    const auto got = t.all[0]->get(target, {{"Authorization", "Bearer secret"}});
    CHECK(got.status == 503);
    CHECK(problem_type(got) == "urn:corka:problem:owner-refused");
    CHECK(got.body.find("secret") == std::string::npos);
    for (const auto& line : t.w.log) CHECK(line.find("secret") == std::string::npos);
  }

  TEST_CASE("where everything needs the token, instances ask each other all the same, and do not tell it") {
    three t{{}, {"a:1", "https://b:1", "c:1"}, "open-sesame"};
    const std::string keys = "/api/v1/tables/counters-table/keys";
    for (const auto& n : t.all) {
      for (int i = 0; i < 40; ++i) CHECK(n->key(user(i)).status == 200);
      CHECK(json::parse(n->get(keys).body)["missing"].empty());
      CHECK(json::parse(n->get(keys + "?limit=5").body)["missing"].empty());
      CHECK(json::parse(n->get("/api/v1/cluster/status").body)["missing"].empty());
      CHECK(json::parse(n->get("/api/v1/cluster/instances").body)["missing"].empty());
    }
    for (const auto& [name, value] : t.net.last.fields) CHECK(value.find("open-sesame") == std::string::npos);
    const auto [key, owner] = t.key_elsewhere(0);
    const auto redirected = t.all[0]->key(key, "&route=redirect");
    CHECK(redirected.header("Location")
              .value_or("")
              .starts_with((owner.starts_with("https://") ? owner : "http://" + owner) + "/api/"));
    // One of another token knows nothing of theirs, and says why.
    t.net.token = "another";
    node stranger{t.w, t.net, "stranger", "d:1", std::nullopt};
    const auto refused = stranger.key(key);
    CHECK(refused.status == 503);
    CHECK(problem_type(refused) == "urn:corka:problem:owner-refused");
    CHECK(refused.body.find("same token") != std::string::npos);
    const auto status = json::parse(stranger.get("/api/v1/cluster/status?group=counters").body);
    CHECK(status["missing"].size() == 3);
    CHECK(status["missing"][0]["why"].get<std::string>().find("same token") != std::string::npos);
  }

  TEST_CASE("instances that hang do not hold up each other's older copies") {
    three t;
    const auto [key, owner] = t.key_elsewhere(0);
    node front{t.w, t.net, "front", "d:1", std::nullopt};
    for (const auto& [address, who] : t.net.at) {
      if (who != &front && address != owner) t.net.hanging.insert(address);
    }
    REQUIRE(t.net.hanging.size() == 2);
    REQUIRE(front.key(key).status == 200);
    t.net.down.insert(owner);
    const auto began = t.w.threads.time().now();
    CHECK(problem_type(front.key(key, "&stale=allow")) == "urn:corka:problem:owner-unreachable");
    const auto took = t.w.threads.time().now() - began;
    CHECK(took >= 5s);
    CHECK(took < 8s);
  }

  TEST_CASE("whatever an instance says of a row, the answer is one that can be sent") {
    three t;
    const auto [key, owner] = t.key_elsewhere(0);
    t.net.lie =
        http::reply{200, {{"X-Corka-Partition", "0"}, {"ETag", "\"a\tb\""}, {"Content-Type", "text/\tplain"}}, "1"};
    const auto got = t.all[0]->key(key);
    CHECK(got.status == 200);
    CHECK(got.header("ETag") == "\"a b\"");
    for (const auto* const partition : {"-1", "99999999999999999999", "x", ""}) {
      t.net.lie->fields[0].second = partition;
      CHECK(problem_type(t.all[0]->key(key)) == "urn:corka:problem:owner-moving");
    }
    t.net.lie->fields[0].second = "2147483647";
    t.net.lie->status = 421;
    CHECK(problem_type(t.all[0]->key(key)) == "urn:corka:problem:owner-unknown");
  }

  TEST_CASE("another program at the address of a member that died does not answer for it") {
    three t;
    const auto [key, owner] = t.key_elsewhere(0);
    // It knows no such table: that says nothing of the row.
    node other{t.w, t.net, "other", "d:1", std::nullopt};
    const auto before = t.net.at.at(owner);
    t.net.at[owner] = &other;
    const auto got = t.all[0]->key(key);
    CHECK(got.status == 503);
    CHECK(problem_type(got) == "urn:corka:problem:owner-moving");
    t.net.at[owner] = before;
  }

  TEST_CASE("who wants to be redirected is told where, and ends there") {
    three t;
    const auto [key, owner] = t.key_elsewhere(0);
    const auto got = t.all[0]->key(key, "&route=redirect");
    CHECK(got.status == 307);
    const std::string to{got.header("Location").value_or("")};
    REQUIRE(to.starts_with("http://" + owner + "/"));
    const auto there = t.net.at.at(owner)->get(to.substr(7 + owner.size()));
    CHECK(there.status == 200);
    CHECK(there.body == "1");
  }

  TEST_CASE("an owner out of reach is 503 with its name; when it has left, the new owner answers") {
    three t;
    const auto [key, owner] = t.key_elsewhere(0);
    t.net.down.insert(owner);
    const auto got = t.all[0]->key(key);
    CHECK(got.status == 503);
    const auto said = json::parse(got.body);
    CHECK(said["type"] == "urn:corka:problem:owner-unreachable");
    CHECK(said["owner"] == owner);
    CHECK(said["partition"] == partition_of(key, 6).value);
    t.net.at.at(owner)->leave();
    REQUIRE(t.w.until([&] { return t.all[0]->key(key).status == 200; }));
    CHECK(t.all[0]->key(key).body == "1");
  }

  TEST_CASE("while partitions move, answers are right or none: never that a row is not there") {
    three t;
    std::vector<int> odd;
    int refused = 0;
    const auto look = [&] {
      for (int i = 0; i < 40; i += 5) {
        const auto got = t.all[0]->key(user(i));
        const bool right = got.status == 200 && got.body == "1";
        const bool none = got.status == 503 || got.status == 409;
        if (!right && !none) odd.push_back(static_cast<int>(got.status));
        refused += none ? 1 : 0;
      }
    };
    t.w.until([&] { return look(), false; }, 300ms);
    t.all[2]->leave();
    t.w.until([&] { return look(), t.all[0]->active() + t.all[1]->active() == 6; });
    t.w.until([&] { return look(), false; }, 500ms);
    CHECK(odd.empty());
    for (int i = 0; i < 40; ++i) CHECK(t.all[0]->key(user(i)).status == 200);
  }

  TEST_CASE("a member that announces nothing is named, with the cure") {
    three t{{}, {"a:1", ""}};
    std::string seen;
    for (int i = 0; i < 40; ++i) {
      const auto got = t.all[0]->key(user(i));
      if (got.status != 200) seen = got.body;
    }
    CHECK(seen.find("owner-unannounced") != std::string::npos);
    CHECK(seen.find("--advertise") != std::string::npos);
    CHECK(seen.find(t.all[1]->runs().status().member) != std::string::npos);
  }

  TEST_CASE("who accepts an older copy gets a standby's, and how far it is behind") {
    three t{{.standby_replicas = 1}};
    const auto current = [&] {
      std::size_t n = 0;
      for (const auto& one : t.all) {
        for (const auto& s : one->runs().status().standbys) n += s.state == copy_state::following && s.lag == 0 ? 1 : 0;
      }
      return n == 6;
    };
    REQUIRE(t.w.until(current));
    const auto [key, owner] = t.key_elsewhere(0);
    // As long as the owner answers its row is the one.
    CHECK(!t.all[0]->key(key, "&stale=allow").header("X-Corka-Stale"));
    t.net.down.insert(owner);
    CHECK(t.all[0]->key(key).status == 503);
    for (const std::size_t asked : {0U, 1U, 2U}) {
      if (t.net.at.at(owner) == t.all[asked].get()) continue;
      // Its own copy, or that of the other one.
      const auto got = t.all[asked]->key(key, "&stale=allow");
      CAPTURE(got.body);
      CHECK(got.status == 200);
      CHECK(got.body == "1");
      CHECK(got.header("X-Corka-Stale") == "standby");
      CHECK(got.header("X-Corka-Lag") == "0");
    }
    const auto absent = t.all[0]->key(key, "&stale=never");
    CHECK(absent.status == 503);
  }
}

}  // namespace corka
