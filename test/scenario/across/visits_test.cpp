// Rows that are followed, and visits that are started and stopped, from whatever instance.
#include "scenario/across/node.hpp"

#include "async/timer.hpp"

#include <corka/json.hpp>

#include <doctest/doctest.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace corka {

namespace across {

struct raise {
  std::int64_t by = 0;
  std::int64_t pause_ms = 0;
};
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE_WITH_DEFAULT(raise, by, pause_ms)

}  // namespace across

namespace {

using namespace std::chrono_literals;
using across::raise;
using nlohmann::json;
using test::network;
using test::node;
using test::world;

const stream<std::string> clicks{"clicks"};
const std::string runs = "/api/v1/cluster/actions/runs";

group<std::int64_t> counters(world& w) {
  group<std::int64_t> g{"counters"};
  g.input(clicks, [](context<std::int64_t>& ctx, const std::string&) { ctx.set(ctx.value().value_or(0) + 1); });
  g.visitor<raise>("raise", [&w](context<std::int64_t>& ctx, raise r) -> task<> {
    if (r.pause_ms > 0) co_await async::sleep_for(w.threads.time(), std::chrono::milliseconds{r.pause_ms});
    ctx.set(ctx.value().value_or(0) + r.by);
  });
  return g;
}

struct three {
  world w;
  network net;
  std::vector<std::unique_ptr<node>> all;
  std::vector<std::string> keys;

  three() {
    net.token = "open-sesame";
    w.create("clicks", 6);
    for (const auto* const a : {"a:1", "b:1", "c:1"})
      all.push_back(std::make_unique<node>(w, net, "instance" + std::to_string(all.size()), a, counters(w).declared()));
    REQUIRE(w.until([&] { return std::ranges::all_of(all, [](const auto& n) { return n->active() == 2; }); }));
    for (int i = 0; i < 40; ++i) keys.push_back("user" + std::to_string(i));
    for (const auto& key : keys) w.write("clicks", key, "page");
    REQUIRE(w.until([&] { return values() == std::vector<int>(40, 1); }));
  }

  std::vector<int> values() {
    std::vector<int> found;
    for (const auto& key : keys) {
      const auto got = all[0]->key(key);
      found.push_back(got.status == 200 ? std::stoi(got.body) : -1);
    }
    return found;
  }
  /// A key that is at another instance than the first, and that one's address.
  std::pair<std::string, std::string> key_elsewhere() {
    for (const auto& key : keys) {
      const auto got = all[0]->key(key);
      if (const auto from = got.header("X-Corka-Instance")) return {key, std::string{*from}};
    }
    FAIL("every key is here");
    return {};
  }
  static json parsed(const http::reply& r) {
    CAPTURE(r.body);
    return json::parse(r.body);
  }
  json begin(node& at, const std::string& body) {
    const auto got = at.ask("POST", runs, body);
    CAPTURE(got.body);
    REQUIRE(got.status == 202);
    CHECK(got.header("Location").value_or("").starts_with(runs + "/" + parsed(got)["key"].get<std::string>()));
    return parsed(got);
  }
};

/// The data of the last event.
json last(const node::stream& of) {
  const auto at = of.text.rfind("data: ");
  return at == std::string::npos ? json(nullptr) : json::parse(of.text.substr(at + 6, of.text.find('\n', at) - at - 6));
}

}  // namespace

TEST_SUITE("across instances") {
  TEST_CASE("a row is followed wherever it is, and where it goes") {
    three t;
    const auto [key, owner] = t.key_elsewhere();
    const auto target = "/api/v1/tables/counters-table/watch?key=" + key;
    const auto seen = t.all[0]->follow(target);
    REQUIRE(t.w.until([&] { return last(*seen).is_object(); }));
    CHECK(last(*seen)["value"] == 1);
    CHECK(last(*seen)["instance"] == owner);
    CHECK(last(*seen)["partition"] == partition_of(key, 6).value);
    t.w.write("clicks", key, "page");
    REQUIRE(t.w.until([&] { return last(*seen)["value"] == 2; }));

    t.net.down.insert(owner);
    REQUIRE(t.w.until([&] { return last(*seen)["problem"] == "owner-unreachable"; }));
    CHECK(last(*seen)["value"].is_null());
    t.net.down.clear();
    REQUIRE(t.w.until([&] { return last(*seen)["value"] == 2; }));

    t.net.at.at(owner)->leave();
    t.w.write("clicks", key, "page");
    REQUIRE(t.w.until([&] { return last(*seen)["value"] == 3; }));
    CHECK(last(*seen)["instance"] != owner);
    // Nothing is told twice.
    const auto before = seen->text.size();
    t.w.until([] { return false; }, 10s);
    CHECK(seen->text.size() == before);
    CHECK_FALSE(seen->ended);
    const auto none = t.all[0]->follow("/api/v1/tables/none-table/watch?key=a");
    REQUIRE(t.w.until([&] { return none->ended; }));
    CHECK(none->text.starts_with("404 "));
  }

  TEST_CASE("a row that somebody else asks to follow is not asked for any further") {
    three t;
    const auto [key, owner] = t.key_elsewhere();
    const auto before = t.net.requests;
    const auto target = "/api/v1/tables/counters-table/watch?key=" + key;
    const auto given_on = t.all[0]->follow(target, {{"X-Corka-Forwarded", "1"}});
    const auto local = t.all[0]->follow(target + "&route=local");
    t.w.until([] { return false; }, 10s);
    for (const auto& s : {given_on, local}) CHECK(last(*s)["problem"] == "elsewhere");
    CHECK(t.net.requests == before);
  }

  TEST_CASE("a visit that is started anywhere goes over the rows of all, and can be followed anywhere") {
    three t;
    const auto begun = t.begin(*t.all[1], R"({"action": "visit:counters:raise", "input": {"by": 10}})");
    CHECK(begun["runs"].size() == 3);
    CHECK(begun["missing"].empty());
    const auto path = runs + "/" + begun["key"].get<std::string>();
    REQUIRE(t.w.until([&] { return t.parsed(t.all[2]->get(path))["state"] == "completed"; }));
    for (const auto& n : t.all) {
      const auto run = t.parsed(n->get(path));
      CHECK(run["done"] == 40);
      CHECK(run["left"] == 0);
      CHECK(run["action"] == "visit:counters:raise");
      CHECK(run["ended"].is_number());
      CHECK(run["missing"].empty());
      const auto list = t.parsed(n->get("/api/v1/cluster/actions"));
      REQUIRE(list["actions"].size() == 1);
      CHECK(list["actions"][0]["instances"].size() == 3);
      REQUIRE(list["runs"].size() == 1);
      CHECK(list["runs"][0]["key"] == begun["key"]);
      CHECK(list["runs"][0]["done"] == 40);
    }
    CHECK(t.values() == std::vector<int>(40, 11));
    CHECK(t.all[0]->get(runs + "/rffffffffffffffff").status == 404);
    CHECK(t.all[0]->get(runs + "/1").status == 404);
  }

  TEST_CASE("a visit can be stopped at any instance, and is busy until then") {
    three t;
    const std::string slow = R"({"action": "visit:counters:raise", "input": {"by": 10, "pause_ms": 60000}})";
    const auto begun = t.begin(*t.all[0], slow);
    const auto path = runs + "/" + begun["key"].get<std::string>();
    CHECK(t.parsed(t.all[2]->get(path))["state"] == "running");
    const auto again = t.all[1]->ask("POST", runs, slow);
    CHECK(again.status == 409);
    CHECK(again.body.find("runs already") != std::string::npos);
    CHECK(t.all[1]->ask("DELETE", path).status == 202);
    REQUIRE(t.w.until([&] { return t.parsed(t.all[0]->get(path))["state"] == "cancelled"; }));
    CHECK(t.parsed(t.all[0]->get(path))["runs"].size() == 3);
    const auto values = t.values();
    CHECK(std::ranges::count(values, 1) >= 34);
  }

  TEST_CASE("who is out of reach is said to be missing, the others visit their rows") {
    three t;
    t.net.down.insert("b:1");
    const auto begun = t.begin(*t.all[0], R"({"action": "visit:counters:raise", "input": {"by": 10}})");
    CHECK(begun["runs"].size() == 2);
    REQUIRE(begun["missing"].size() == 1);
    CHECK(begun["missing"][0]["instance"] == "b:1");
    CHECK(begun["missing"][0]["why"].get<std::string>().find("cannot be reached") != std::string::npos);
    t.net.down.clear();
    const auto path = runs + "/" + begun["key"].get<std::string>();
    REQUIRE(t.w.until([&] { return t.parsed(t.all[0]->get(path))["state"] == "completed"; }));
    CHECK(t.parsed(t.all[0]->get(path))["runs"].size() == 2);
    const auto values = t.values();
    CHECK(std::ranges::count(values, 1) + std::ranges::count(values, 11) == 40);
    CHECK(std::ranges::count(values, 1) > 0);
  }

  TEST_CASE("who changes on the way what is to be started starts nothing") {
    three t;
    t.net.body = R"({"action": "visit:counters:raise", "input": {"by": 1000}})";
    const auto begun = t.begin(*t.all[0], R"({"action": "visit:counters:raise", "input": {"by": 10}})");
    CHECK(begun["runs"].size() == 1);
    REQUIRE(begun["missing"].size() == 2);
    for (const auto& m : begun["missing"]) CHECK(m["why"].get<std::string>().find("same token") != std::string::npos);
    t.net.body.reset();
    const auto path = runs + "/" + begun["key"].get<std::string>();
    REQUIRE(t.w.until([&] { return t.parsed(t.all[0]->get(path))["state"] == "completed"; }));
    const auto values = t.values();
    CHECK(std::ranges::count(values, 1) + std::ranges::count(values, 11) == 40);
    CHECK(std::ranges::count(values, 1) > 0);
  }

  TEST_CASE("an instance that has nothing of the group starts its visits, too; what nobody takes says why") {
    three t;
    node front{t.w, t.net, "front", "", std::nullopt};
    const auto got = front.ask("POST", runs, R"({"action": "visit:counters:raise", "input": {"by": 10}})");
    REQUIRE(got.status == 202);
    CHECK(t.parsed(got)["runs"].size() == 3);
    CHECK(t.parsed(got)["missing"].empty());
    const std::string where{got.header("Location").value_or("")};
    REQUIRE(t.w.until([&] { return t.parsed(front.get(where))["state"] == "completed"; }));
    CHECK(t.values() == std::vector<int>(40, 11));

    struct {
      const char* body;
      unsigned status;
    } const odd[] = {{R"({"action": "visit:counters:none"})", 404},
                     {R"({"action": "visit:none:raise"})", 503},
                     {R"({"action": "visit:counters:raise", "input": "x"})", 400},
                     {R"({"action": "visit:counters:raise", "key": "mine"})", 400},
                     {R"({"action": 3})", 400},
                     {"[]", 400},
                     {"", 400}};
    for (const auto& it : odd) {
      CAPTURE(it.body);
      CHECK(front.ask("POST", runs, it.body).status == it.status);
    }
    // Who lacks the token starts nothing anywhere.
    const auto before = t.net.requests;
    t.net.token.clear();
    CHECK(front.ask("POST", runs, R"({"action": "visit:counters:raise", "input": {"by": 10}})").status == 401);
    CHECK(front.ask("DELETE", runs + "/r1").status == 401);
    CHECK(t.net.requests == before);
  }
}

}  // namespace corka
