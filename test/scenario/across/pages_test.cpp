// Pages of rows, and what all instances say together.
#include "async/timer.hpp"
#include "query/cluster_answers.hpp"
#include "scenario/across/node.hpp"
#include "support/gunzip.hpp"

#include <doctest/doctest.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <cstdint>
#include <memory>
#include <set>
#include <string>
#include <vector>

namespace corka {

namespace {

using nlohmann::json;
using test::network;
using test::node;
using test::world;

const stream<std::string> clicks{"clicks"};

group<std::int64_t> counters() {
  group<std::int64_t> g{"counters"};
  g.input(clicks, [](context<std::int64_t>& ctx, std::string) { ctx.set(ctx.value().value_or(0) + 1); });
  return g;
}

struct two {
  world w;
  network net;
  std::unique_ptr<node> a;
  std::unique_ptr<node> b;
  std::vector<std::string> keys;

  two() {
    w.create("clicks", 4);
    a = std::make_unique<node>(w, net, "a", "a:1", counters().declared());
    b = std::make_unique<node>(w, net, "b", "b:1", counters().declared());
    REQUIRE(w.until([&] { return a->active() == 2 && b->active() == 2; }));
    std::vector<std::pair<std::string, std::string>> records;
    for (int i = 100; i < 150; ++i) records.emplace_back("user" + std::to_string(i), "page");
    for (const auto& [key, value] : records) keys.push_back(key);
    w.write_all("clicks", records);
    REQUIRE(w.until([&] { return rows(*a, "limit=1000").size() == 50; }));
  }

  static json page(node& n, const std::string& query) {
    const auto got = n.get("/api/v1/tables/counters-table/keys?" + query);
    CAPTURE(got.body);
    REQUIRE(got.status == 200);
    return json::parse(got.body);
  }
  static json rows(node& n, const std::string& query) { return page(n, query)["rows"]; }
  static json whole(node& n, const std::string& path) {
    const auto got = n.get("/api/v1/cluster/" + path);
    CAPTURE(got.body);
    REQUIRE(got.status == 200);
    return json::parse(got.body);
  }
  /// As long as an answer of all instances serves.
  void pass() { w.threads.run(async::sleep_for(w.threads.time(), query::cluster_answers::lifetime)); }
  void see() {
    a->see();
    b->see();
  }
};

}  // namespace

TEST_SUITE("across instances") {
  TEST_CASE("pages go over the rows of all instances, in key order, wherever they are asked for") {
    two t;
    node front{t.w, t.net, "front", "", std::nullopt};
    for (auto* const n : {t.a.get(), t.b.get(), &front}) {
      for (const std::string order : {"asc", "desc"}) {
        std::vector<std::string> seen;
        std::string after;
        for (int pages = 0; pages < 20; ++pages) {
          const auto p = two::page(*n, "limit=7&order=" + order + after);
          CHECK(p["partitions"] == json({0, 1, 2, 3}));
          CHECK(!p.contains("missing"));
          for (const auto& row : p["rows"]) {
            seen.push_back(row["key"]);
            CHECK(row["value"] == 1);
          }
          if (p["next"].is_null()) break;
          after = "&after=" + p["next"].get<std::string>();
        }
        if (order == "desc") std::ranges::reverse(seen);
        CHECK(seen == t.keys);
      }
    }
    CHECK(two::rows(*t.a, "prefix=user14").size() == 10);
  }

  TEST_CASE("a page without the rows of an instance says which partitions it lacks, whose they are, and why") {
    two t;
    t.net.down.insert("b:1");
    const auto p = two::page(*t.a, "limit=1000");
    CHECK(p["partitions"].size() == 2);
    CHECK(!p["rows"].empty());
    CHECK(p["rows"].size() < 50);
    REQUIRE(p["missing"].size() == 2);
    for (const auto& m : p["missing"]) {
      CHECK(m["owner"] == "b:1");
      CHECK(m["why"].get<std::string>().find("cannot be reached") != std::string::npos);
      CHECK(std::ranges::find(p["partitions"], m["partition"]) == p["partitions"].end());
    }
  }

  TEST_CASE("a request for a page that was given on is answered from what is here") {
    two t;
    const auto before = t.net.requests;
    const auto got = t.a->get("/api/v1/tables/counters-table/keys?limit=1000", {{"X-Corka-Forwarded", "1"}});
    CHECK(json::parse(got.body)["partitions"].size() == 2);
    CHECK(t.net.requests == before);
  }

  TEST_CASE("what all instances say is put together; who is missing is said") {
    two t;
    const auto get = two::whole;
    auto all = get(*t.a, "processors/counters/partitions");
    CHECK(all["partitions_total"] == 4);
    REQUIRE(all["partitions"].size() == 4);
    for (int p = 0; p < 4; ++p) CHECK(all["partitions"][p]["partition"] == p);
    CHECK(all["unassigned"].empty());
    CHECK(all["missing"].empty());

    auto instances = get(*t.b, "instances");
    REQUIRE(instances["groups"].size() == 1);
    const auto members = instances["groups"][0]["members"];
    REQUIRE(members.size() == 2);
    for (const auto& m : members) {
      CHECK(m["holds"].size() == 2);
      CHECK(m["reachable"] == true);
      CHECK(m["self"] == (m["instance"] == "b:1"));
    }
    CHECK(get(*t.a, "status")["instances"].size() == 2);
    CHECK(get(*t.a, "topology")["processors"].size() == 1);

    // Who takes it compressed gets the same, collected apart and once, too.
    const auto plain = t.a->get("/api/v1/cluster/summary");
    const auto small = t.a->get("/api/v1/cluster/summary", {{"Accept-Encoding", "gzip"}});
    CHECK(small.header("Content-Encoding") == "gzip");
    const auto asked = t.net.requests;
    CHECK(t.a->get("/api/v1/cluster/summary", {{"Accept-Encoding", "br, gzip"}}).body == small.body);
    CHECK(t.net.requests == asked);
    const auto text = test::gunzip(small.body);
    REQUIRE(text);
    CHECK(json::parse(*text)["processors"] == json::parse(plain.body)["processors"]);

    t.net.down.insert("b:1");
    // All who ask within a second get what was collected for the first.
    const auto before = t.net.requests;
    CHECK(get(*t.a, "processors/counters/partitions")["partitions"].size() == 4);
    CHECK(t.net.requests == before);
    t.pass();
    all = get(*t.a, "processors/counters/partitions");
    CHECK(all["partitions"].size() == 2);
    CHECK(all["unassigned"].size() == 2);
    REQUIRE(all["missing"].size() == 1);
    CHECK(all["missing"][0]["instance"] == "b:1");
    CHECK(all["missing"][0]["why"].get<std::string>().find("cannot be reached") != std::string::npos);
    CHECK(get(*t.a, "status")["instances"].size() == 1);

    node front{t.w, t.net, "front", "", std::nullopt};
    t.net.down.clear();
    t.pass();
    CHECK(get(front, "processors/counters/partitions")["partitions"].size() == 4);
    CHECK(get(front, "instances?group=counters")["groups"][0]["members"].size() == 2);
    CHECK(front.get("/api/v1/cluster/processors/none/partitions").status == 404);
  }

  TEST_CASE(
      "figures and curves are those of both, at either and at a front; who is missing is said and not counted as 0") {
    two t;
    t.see();
    t.a->note("here");
    t.b->note("there");
    t.pass();
    std::vector<std::pair<std::string, std::string>> more;
    for (int i = 0; i < 30; ++i) more.emplace_back("more" + std::to_string(i), "page");
    t.w.write_all("clicks", more);
    REQUIRE(t.w.until([&] { return two::rows(*t.a, "limit=1000").size() == 80; }));
    REQUIRE(t.w.until([&] { return test::caught_up(t.w, t.a->runs()) && test::caught_up(t.w, t.b->runs()); }));
    t.see();
    node front{t.w, t.net, "front", "", std::nullopt};
    for (auto* const n : {t.a.get(), t.b.get()}) {
      const auto s = two::whole(*n, "summary");
      REQUIRE(s["processors"].size() == 1);
      const auto& p = s["processors"][0];
      CHECK(p["instances"] == 2);
      CHECK(p["partitions_here"] == 4);
      CHECK(p["records"] == 80);
      CHECK(p["lag"] == 0);
      CHECK(p["rates"]["in"].get<double>() > 0);
      CHECK(p["rates"]["callback_p99_us"].is_number());
      CHECK(s["total"]["in"] == p["rates"]["in"]);
      CHECK(s["instances"].size() == 2);
      CHECK(s["missing"].empty());
      const auto past = two::whole(*n, "history?step=1");
      CHECK(past["t"].size() == 1);
      CHECK(past["total"]["partitions"] == json({4}));
      CHECK(past["total"]["in"][0].get<double>() == doctest::Approx(s["total"]["in"].get<double>()).epsilon(0.01));
      CHECK(past["processors"]["counters"]["in"] == past["total"]["in"]);
      CHECK(past["missing"].empty());
    }
    const auto latency = two::whole(*t.b, "latency");
    REQUIRE(latency["processors"].size() == 1);
    CHECK(latency["processors"][0]["instances"] == 2);
    CHECK(latency["processors"][0]["callback"]["count"].get<int>() > 0);
    const auto events = two::whole(*t.a, "log");
    std::set<std::string> whose;
    for (const auto& e : events["entries"]) whose.insert(e["instance"].get<std::string>());
    CHECK(whose == std::set<std::string>{"a:1", "b:1"});
    CHECK(two::whole(*t.a, "log?limit=1")["entries"] == json::array({events["entries"].back()}));
    CHECK(two::whole(*t.a, "log?since=9000000000000")["entries"].empty());
    CHECK(two::whole(front, "summary?group=counters")["processors"][0]["records"] == 80);
    CHECK(t.a->get("/api/v1/cluster/history?step=0").status == 400);

    t.net.down.insert("b:1");
    t.pass();
    const auto s = two::whole(*t.a, "summary");
    CHECK(s["processors"][0]["partitions_here"] == 2);
    CHECK(s["processors"][0]["partitions_total"] == 4);
    CHECK(s["processors"][0]["records"].get<int>() < 80);
    REQUIRE(s["missing"].size() == 1);
    CHECK(s["missing"][0]["instance"] == "b:1");
    CHECK(two::whole(*t.a, "history")["missing"].size() == 1);
  }
}

}  // namespace corka
