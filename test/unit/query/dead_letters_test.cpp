#include "query/routes.hpp"
#include "support/fake_source.hpp"
#include "support/http_loopback.hpp"

#include <corka/error.hpp>

#include <doctest/doctest.h>
#include <nlohmann/json.hpp>

#include <map>
#include <memory>
#include <string>

using namespace corka;
using namespace std::string_literals;
using nlohmann::json;

namespace {

struct with_letters final : query::source {
  mutable std::map<std::int32_t, std::int64_t> asked;
  mutable std::size_t limit = 0;
  bool silent = false;

  std::vector<processor_status> processors() const override {
    auto p = test::some_processor("planes", 2);
    p.edges = {{edge_status::kind::dead_letters, "dead", ""}};
    return {p};
  }
  std::vector<view_status> views() const override { return {}; }
  std::vector<std::string> tables() const override { return {}; }
  task<std::optional<query::row_answer>> row(std::string, std::string) const override { co_return std::nullopt; }
  task<std::optional<query::rows_answer>> rows(std::string, key_range, std::size_t) const override {
    co_return std::nullopt;
  }
  task<query::dead_letters_page> dead_letters(std::string, std::size_t n,
                                              std::map<std::int32_t, std::int64_t> before) const override {
    if (silent) throw error{errc::broker_unavailable, "no broker answers"};
    asked = before;
    limit = n;
    query::dead_letters_page page;
    page.records.push_back({1,
                            9,
                            1'000,
                            "k",
                            "v\xff"s,
                            {{"corka-topic", "flights"},
                             {"corka-partition", "3"},
                             {"corka-offset", "x"},
                             {"corka-error", "boom"},
                             {"mine", std::nullopt}}});
    page.records.push_back({0, 4, -1, "\xff"s, std::nullopt, {}});
    page.next = {{0, 4}, {1, 9}};
    co_return page;
  }
};

}  // namespace

TEST_CASE("dead letters: topics, and records with where they failed and why") {
  with_letters source;
  test::http_loopback s;
  query::event_log log{s.time};
  query::monitor monitor{s.loop.get_executor(), s.time, source, log};
  query::route_all(s.routes, source, monitor);
  s.start();
  const auto c = s.client();
  const auto topics = json::parse(c->get("/api/v1/dead-letters").body);
  CHECK(topics == json{{"topics", {{{"topic", "dead"}, {"groups", {"planes"}}, {"put_aside", 32}}}}});
  const auto page = json::parse(c->get("/api/v1/dead-letters/dead?limit=2&before=0:9,1:12").body);
  CHECK(source.limit == 2);
  CHECK(source.asked == std::map<std::int32_t, std::int64_t>{{0, 9}, {1, 12}});
  CHECK(page["next"] == "0:4,1:9");
  const auto& first = page["records"][0];
  CHECK(first["key"] == "k");
  CHECK(first["value"] == nullptr);
  CHECK(first["value64"] == "dv8");
  CHECK(first["value_bytes"] == 2);
  CHECK(first["from"] == "flights");
  CHECK(first["from_partition"] == 3);
  CHECK(first["from_offset"] == nullptr);
  CHECK(first["error"] == "boom");
  CHECK(first["headers"].back() == json{{"name", "mine"}, {"value", nullptr}});
  const auto& second = page["records"][1];
  CHECK(second["t"] == nullptr);
  CHECK(second["key64"] == "_w");
  CHECK(second["value_bytes"] == nullptr);

  for (const auto* query :
       {"?limit=0", "?limit=101", "?before=x", "?before=1", "?before=1:", "?before=-1:2", "?before=1:2x"}) {
    CAPTURE(query);
    CHECK(c->get("/api/v1/dead-letters/dead"s + query).status == 400);
  }
  const auto unknown = c->get("/api/v1/dead-letters/other");
  CHECK(unknown.status == 404);
  CHECK(json::parse(unknown.body)["topics"] == json{"dead"});
  source.silent = true;
  CHECK(c->get("/api/v1/dead-letters/dead").status == 503);
}
