#include "query/routes.hpp"
#include "support/fake_source.hpp"
#include "support/http_loopback.hpp"
#include "support/prometheus_text.hpp"
#include "support/temporary_folder.hpp"

#include <corka/error.hpp>

#include <doctest/doctest.h>
#include <nlohmann/json.hpp>

#include <filesystem>
#include <fstream>
#include <memory>
#include <stdexcept>
#include <string>

using namespace corka;
using namespace std::string_literals;
using nlohmann::json;
using query::row_found;

namespace {

struct program : test::http_loopback {
  test::fake_source source;
  query::event_log log{time};
  query::monitor monitor{loop.get_executor(), time, source, log};
  std::unique_ptr<test::http_client> client;

  program() {
    source.all = {test::some_processor("planes", 2)};
    source.rows_of["planes-table"] = {};
    source.rows_of["a/b"] = {};
    query::route_all(routes, source, monitor);
    start();
    client = http_loopback::client();
  }
  void row(const std::string& key, const std::string& bytes, const std::string& as_json) {
    source.rows_of["planes-table"][key] = row_found{partition_id{3}, offset{42}, bytes, as_json};
  }
  test::http_reply get(std::string_view path, std::string_view fields = {}) { return client->get(path, fields); }
  test::http_reply key(const std::string& encoded, std::string_view fields = {}) {
    return get("/api/v1/tables/planes-table/keys/" + encoded, fields);
  }
  json get_json(std::string_view path) {
    const auto r = get(path);
    CAPTURE(path);
    CHECK(r.status == 200);
    CHECK(r.header("Content-Type") == "application/json");
    return json::parse(r.body);
  }
};

}  // namespace

TEST_CASE("routes: a row is JSON, with where it is from") {
  program p;
  p.row("N14228", R"({"flights":1})", R"({"flights":1})");
  const auto r = p.key("N14228");
  CHECK(r.status == 200);
  CHECK(r.header("Content-Type") == "application/json");
  CHECK(r.body == R"({"flights":1})");
  CHECK(r.header("X-Corka-Partition") == "3");
  CHECK(r.header("X-Corka-Offset") == "42");
  REQUIRE(r.header("ETag"));
  CHECK(r.header("Vary") == "Accept");
}

TEST_CASE("routes: a row's bytes are there for those who ask for them") {
  program p;
  p.row("k", "\0\xff\r\n"s, R"("AP8NCg")");
  const auto raw = p.key("k", "Accept: application/octet-stream\r\n");
  CHECK(raw.header("Content-Type") == "application/octet-stream");
  CHECK(raw.body == "\0\xff\r\n"s);
  const auto as_json = p.key("k");
  CHECK(as_json.body == R"("AP8NCg")");
  CHECK(raw.header("ETag") != as_json.header("ETag"));
}

TEST_CASE("routes: a row that did not change is not sent again") {
  program p;
  p.row("k", "1", "1");
  const auto tag = p.key("k").header("ETag").value();
  const auto same = p.key("k", "If-None-Match: " + tag + "\r\n");
  CHECK(same.status == 304);
  CHECK(same.body.empty());
  CHECK(same.header("ETag") == tag);
  CHECK(same.header("X-Corka-Offset") == "42");
  CHECK(p.key("k", "Accept: application/octet-stream\r\nIf-None-Match: " + tag + "\r\n").status == 200);
  p.row("k", "2", "2");
  CHECK(p.key("k", "If-None-Match: " + tag + "\r\n").body == "2");
}

TEST_CASE("routes: a key is any bytes") {
  program p;
  for (const auto& [key, encoded] : {std::pair{""s, ""s},
                                     {"\0"s, "%00"},
                                     {"\x80\xff"s, "%80%ff"},
                                     {"a/b", "a%2Fb"},
                                     {"a b", "a%20b"},
                                     {"a+b", "a+b"},
                                     {"%", "%25"},
                                     {"?#", "%3F%23"},
                                     {"..", ".."}}) {
    CAPTURE(encoded);
    p.row(key, "found " + key, "\"found " + encoded + "\"");
    const auto r = p.key(encoded);
    CHECK(r.status == 200);
    CHECK(r.body == "\"found " + encoded + "\"");
  }
  CHECK(p.key("%").status == 400);
  CHECK(p.key("%0").status == 400);
  CHECK(p.key("a/b").status == 404);
}

TEST_CASE("routes: a key that does not fit a path can be base64url") {
  program p;
  p.row("\0\xff"s, "x", "1");
  p.row("", "y", "2");
  const std::string keys = "/api/v1/tables/planes-table/keys";
  CHECK(p.get(keys + "?key64=AP8").body == "1");
  CHECK(p.get(keys + "?key64=").body == "2");
  CHECK(p.get(keys + "?key64=A").status == 400);
  CHECK(p.get("/api/v1/tables/a%2Fb/keys?key64=AA").status == 404);
}

TEST_CASE("routes: rows come as pages in key order, each with the way to the next") {
  program p;
  for (const auto* key : {"a", "b1", "b2", "b3", "c"}) p.row(key, "", "{\"of\":\"" + std::string{key} + "\"}");
  const std::string keys = "/api/v1/tables/planes-table/keys";
  auto page = p.get_json(keys);
  CHECK(page["table"] == "planes-table");
  CHECK(page["partitions"] == json({0, 1}));
  CHECK(page["next"] == nullptr);
  REQUIRE(page["rows"].size() == 5);
  CHECK(page["rows"][1] == json{{"key", "b1"}, {"value", {{"of", "b1"}}}});

  std::string seen;
  std::string after;
  while (true) {
    page = p.get_json(keys + "?limit=2" + after);
    for (const auto& row : page["rows"]) seen += row["key"].get<std::string>() + " ";
    seen += "| ";
    if (page["next"].is_null()) break;
    after = "&after=" + page["next"].get<std::string>();
  }
  CHECK(seen == "a b1 | b2 b3 | c | ");

  CHECK(p.get_json(keys + "?prefix=b")["rows"].size() == 3);
  CHECK(p.source.asked == key_range::prefix("b"));
  CHECK(p.get_json(keys + "?from=b2&to=c")["rows"].size() == 2);
  CHECK(p.get_json(keys + "?from=b2")["rows"].size() == 3);
  CHECK(p.get_json(keys + "?order=desc&limit=1")["rows"][0]["key"] == "c");
  CHECK(p.get_json(keys + "?prefix=%00%FF")["rows"].empty());
  CHECK(p.source.asked->from == "\0\xff"s);
}

TEST_CASE("routes: a page shows keys that are no text, and large numbers, as they are") {
  program p;
  p.row("\0\xff"s, "", "12345678901234567890123");
  p.row("", "", "1");
  const std::string keys = "/api/v1/tables/planes-table/keys";
  const auto r = p.get(keys);
  CHECK(r.body.find("12345678901234567890123") != std::string::npos);
  auto page = json::parse(r.body);
  CHECK(page["rows"][0]["key"] == "");
  CHECK(page["rows"][1]["key"] == nullptr);
  CHECK(page["rows"][1]["key64"] == "AP8");
  page = p.get_json(keys + "?limit=1");
  CHECK(page["next"] == ".");
  CHECK(p.get_json(keys + "?limit=1&after=.")["rows"][0]["key64"] == "AP8");
}

TEST_CASE("routes: pages that cannot be had say why") {
  program p;
  const std::string keys = "/api/v1/tables/planes-table/keys";
  for (const auto* query : {"?limit=0", "?limit=1001", "?limit=x", "?order=up", "?after=AP8", "?after=.A",
                            "?prefix=a&to=b", "?stale=old", "?stale=", "?route=elsewhere"}) {
    CAPTURE(query);
    const auto r = p.get(keys + query);
    CHECK(r.status == 400);
    CHECK(json::parse(r.body)["type"] == "urn:corka:problem:query-malformed");
  }
  CHECK(p.get("/api/v1/tables/nothing/keys").status == 404);
  p.source.otherwise = query::row_recovering{partition_id{1}, recovery_status{offset{5}, offset{9}, 5, {}, {}}};
  const auto r = p.get(keys);
  CHECK(r.status == 409);
  CHECK(json::parse(r.body)["partition"] == 1);
}

TEST_CASE("routes: views are shown, by table and by name") {
  program p;
  CHECK(p.get_json("/api/v1/views")["views"].empty());
  CHECK(p.get("/api/v1/views/users").status == 404);
  p.source.all_views = {test::some_view("users", 2), test::some_view("users", 3)};
  p.source.all_views[1].name = "view-users-2";
  p.source.all_views[1].state = view_state::disconnected;
  p.source.all_views[1].reason = "no broker answers";
  p.source.rows_of["users"] = {};
  const auto all = p.get_json("/api/v1/views")["views"];
  REQUIRE(all.size() == 2);
  CHECK(all[0]["view"] == "view-users");
  CHECK(all[0]["table"] == "users");
  CHECK(all[0]["state"] == "running");
  CHECK(all[0]["rows"] == 80);
  CHECK(all[0]["lag"] == 10);
  CHECK(all[0]["reason"] == nullptr);
  CHECK(all[1]["reason"] == "no broker answers");
  const auto one = p.get_json("/api/v1/views/users");
  REQUIRE(one["partitions"].size() == 2);
  CHECK(one["partitions"][1]["state"] == "following");
  CHECK(one["partitions"][1]["position"] == 95);
  CHECK(one["partitions"][1]["recovery"] == nullptr);
  CHECK(p.get_json("/api/v1/views/view-users-2")["partitions"].size() == 3);
  CHECK(p.get_json("/api/v1/status")["views"].size() == 2);
  const auto tables = p.get_json("/api/v1/tables");
  for (const auto& table : tables["tables"]) {
    if (table["table"] == "users") CHECK(table["partitions_here"].size() == 3);
  }
}

TEST_CASE("routes: a view that reads its table is not ready, one without brokers is, one that failed is not healthy") {
  program p;
  p.source.all_views = {test::some_view("users", 2)};
  auto& v = p.source.all_views[0];
  CHECK(p.get("/readyz").status == 200);
  v.state = view_state::disconnected;
  CHECK(p.get("/readyz").status == 200);
  v.state = view_state::recovering;
  CHECK(p.get("/healthz").status == 200);
  CHECK(json::parse(p.get("/readyz").body)["reasons"] == json{"view-users is recovering"});
  v.state = view_state::failed;
  v.reason = "disk full";
  CHECK(json::parse(p.get("/healthz").body)["reasons"] == json{"view-users failed: disk full"});
}

TEST_CASE("routes: what is not there is told apart") {
  program p;
  const auto absent = p.key("nobody");
  CHECK(absent.status == 404);
  CHECK(json::parse(absent.body)["type"] == "urn:corka:problem:row-absent");
  CHECK(absent.header("X-Corka-Partition") == "0");

  const auto table = p.get("/api/v1/tables/ships/keys/1");
  CHECK(table.status == 404);
  const auto problem = json::parse(table.body);
  CHECK(problem["type"] == "urn:corka:problem:table-unknown");
  CHECK(problem["tables"] == json{"a/b", "planes-table"});
  CHECK(problem["detail"] == "there is no table 'ships' here, only a/b, planes-table");

  recovery_status progress;
  progress.position = offset{10};
  progress.end = offset{100};
  p.source.otherwise = query::row_recovering{partition_id{2}, progress};
  const auto recovering = p.key("k");
  CHECK(recovering.status == 409);
  CHECK(recovering.header("Retry-After") == "1");
  CHECK(json::parse(recovering.body)["partition"] == 2);
  CHECK(json::parse(recovering.body)["position"] == 10);
  CHECK(json::parse(recovering.body)["end"] == 100);

  p.source.otherwise = query::row_elsewhere{partition_id{1}};
  const auto elsewhere = p.key("k");
  CHECK(elsewhere.status == 421);
  CHECK(json::parse(elsewhere.body)["partition"] == 1);
}

TEST_CASE("routes: the assignment has partitions, copies and what moved, and nothing else") {
  program p;
  copy_status copy;
  copy.topic = "planes-table";
  copy.partition = 7;
  copy.state = copy_state::following;
  p.source.all[0].standbys.push_back(copy);
  p.source.all[0].rebalance_history.push_back(
      {rebalance_status::kind::assigned, 5'000, std::chrono::milliseconds{40}, {0, 1}});
  const auto j = p.get_json("/api/v1/assignment");
  const auto& planes = j["processors"].at(0);
  CHECK(planes["group"] == "planes");
  CHECK(planes["state"] == "running");
  CHECK(planes["uptime_seconds"] == 75);
  CHECK(planes["partitions"].at(0) ==
        json{{"partition", p.source.all[0].partitions[0].partition}, {"state", "running"}});
  CHECK(planes["partitions"].size() == 2);
  CHECK(planes["standby_copies"] ==
        json::array({json{{"topic", "planes-table"}, {"partition", 7}, {"state", "following"}, {"lag", nullptr}}}));
  CHECK(planes["rebalance_history"].at(0)["partitions"] == json{0, 1});
  CHECK(j["version"].is_string());
}

TEST_CASE("routes: the progress of a partition is that of its input that is furthest behind") {
  program p;
  auto& inputs = p.source.all[0].partitions[0].inputs;
  inputs.push_back(inputs[0]);
  inputs[1].topic = "weather";
  inputs[1].lag = 5'000;
  inputs[1].end = offset{9'000};
  const auto j = p.get_json("/api/v1/processors/planes/progress");
  const auto& row = j["partitions"].at(0);
  CHECK(row["topic"] == "weather");
  CHECK(row["end"] == 9'000);
  CHECK(row["lag"] == 5'020);
  CHECK(row["mode"] == "active");
  CHECK(j["partitions_total"] == p.source.all[0].partitions_total);
  CHECK(p.get("/api/v1/processors/nothing/progress").status == 404);
}

TEST_CASE("routes: the status has everything, and null for what is unknown") {
  program p;
  p.source.all[0].partitions[1].inputs[0].end.reset();
  p.source.all[0].partitions[1].inputs[0].lag.reset();
  p.source.all[0].error = "not UTF-8: \xff";
  p.source.all[0].visits.push_back({"reset", {.rows = 7, .rows_left = 93, .partitions_ended = 1, .partitions = 2}});
  const auto j = p.get_json("/api/v1/status");
  CHECK(j["ready"] == true);
  CHECK(j["healthy"] == true);
  CHECK(j["version"].is_string());
  CHECK(j["tables"] == json{"a/b", "planes-table"});
  const auto& planes = j["processors"].at(0);
  CHECK(planes["group"] == "planes");
  CHECK(planes["state"] == "running");
  CHECK(planes["uptime_seconds"] == 75);
  CHECK(planes["partitions_here"] == 2);
  CHECK(planes["records"] == 220);
  CHECK(planes["lag"].is_null());
  CHECK(planes["error"] == "not UTF-8: \xef\xbf\xbd");
  CHECK(planes["visits"] ==
        json::array(
            {json{{"visitor", "reset"}, {"rows", 7}, {"rows_left", 93}, {"partitions_ended", 1}, {"partitions", 2}}}));
  const auto& first = planes["partitions"].at(0);
  CHECK(first["state"] == "running");
  CHECK(first["inputs"].at(0) == json{{"topic", "flights"},
                                      {"processed", 110},
                                      {"committed", 100},
                                      {"end", 120},
                                      {"lag", 20},
                                      {"lag_seconds", 1.5},
                                      {"retention_seconds", nullptr},
                                      {"records", 110},
                                      {"bytes", 11'000},
                                      {"records_per_second", nullptr}});
  CHECK(first["table"]["rows"] == 50);
  CHECK(first["table"]["recovery"].is_null());
  CHECK(first["latency_us"]["callback"]["p99"] == 4);
  CHECK(first["running"] == 11);
  CHECK(first["deferred"] == 12);
  CHECK(first["failures"] == nlohmann::json{{"failed", 13}, {"retried", 14}, {"skipped", 15}, {"dead_lettered", 16}});
  CHECK(planes["partitions"].at(1)["inputs"].at(0)["lag"].is_null());
}

TEST_CASE("routes: the status shows the copies of joined and looked-up tables") {
  program p;
  auto& planes = p.source.all[0];
  planes.partitions[0].joins.push_back(test::some_copy("aircraft", 0));
  auto& airlines = planes.lookups.emplace_back();
  airlines.topic = "airlines";
  airlines.state = view_state::disconnected;
  airlines.reason = "no broker answers";
  airlines.rows = 60;
  airlines.partitions = {test::some_copy("airlines", 0), test::some_copy("airlines", 1)};
  const auto j = p.get_json("/api/v1/processors/planes");
  const auto& joins = j["partitions"].at(0)["joins"];
  REQUIRE(joins.size() == 1);
  CHECK(joins.at(0)["topic"] == "aircraft");
  CHECK(joins.at(0)["state"] == "following");
  CHECK(joins.at(0)["rows"] == 30);
  CHECK(joins.at(0)["bytes"] == 4'096);
  CHECK(joins.at(0)["lag"] == 5);
  CHECK(joins.at(0)["recovery"]["records"] == 35);
  CHECK(j["partitions"].at(1)["joins"].empty());
  const auto& lookup = j["lookups"].at(0);
  CHECK(lookup["topic"] == "airlines");
  CHECK(lookup["state"] == "disconnected");
  CHECK(lookup["reason"] == "no broker answers");
  CHECK(lookup["rows"] == 60);
  CHECK(lookup["lag"].is_null());
  CHECK(lookup["partitions"].at(1)["partition"] == 1);
}

TEST_CASE("routes: parts of the status have addresses of their own") {
  program p;
  CHECK(p.get_json("/api/v1/processors")["processors"].at(0)["lag"] == 40);
  CHECK_FALSE(p.get_json("/api/v1/processors")["processors"].at(0).contains("partitions"));
  CHECK(p.get_json("/api/v1/processors/planes")["partitions"].size() == 2);
  CHECK(p.get_json("/api/v1/processors/planes/partitions")["partitions"].at(1)["partition"] == 1);
  CHECK(p.get_json("/api/v1/topology")["processors"].at(0)["topology"].at(0) == "input flights: json");
  const auto tables = p.get_json("/api/v1/tables")["tables"];
  CHECK(tables.size() == 2);
  CHECK(tables.at(1) == json{{"table", "planes-table"},
                             {"kind", "group"},
                             {"group", "planes"},
                             {"partitions_here", {0, 1}},
                             {"partitions_total", nullptr},
                             {"rows", 100},
                             {"bytes", 131'072},
                             {"written_per_second", nullptr}});
  const auto unknown = p.get("/api/v1/processors/ships/partitions");
  CHECK(unknown.status == 404);
  CHECK(json::parse(unknown.body)["groups"] == json{"planes"});
}

TEST_CASE("routes: a group has the partitions of all its processors") {
  program p;
  p.source.all.push_back(test::some_processor("planes", 0));
  p.source.all[1].partitions.push_back(p.source.all[0].partitions[0]);
  p.source.all[0].partitions.erase(p.source.all[0].partitions.begin());
  CHECK(p.get_json("/api/v1/processors")["processors"].size() == 2);
  const auto planes = p.get_json("/api/v1/processors/planes");
  CHECK(planes["partitions_here"] == 2);
  CHECK(planes["partitions"].at(0)["partition"] == 0);
  CHECK(planes["partitions"].at(1)["partition"] == 1);
}

TEST_CASE("routes: health is about failure, readiness about being of use") {
  program p;
  CHECK(p.get("/healthz").body == "ok\n");
  CHECK(p.get("/readyz").body == "ready\n");

  auto& planes = p.source.all[0];
  planes.partitions[1].state = partition_state::recovering;
  planes.partitions[1].table->recovery = recovery_status{offset{5}, offset{9}, 5, {}, {}};
  CHECK(p.get("/healthz").status == 200);
  auto r = p.get("/readyz");
  CHECK(r.status == 503);
  CHECK(json::parse(r.body)["reasons"] == json{"planes/1 is recovering: at 5 of 9"});
  planes.partitions[1].state = partition_state::draining;
  CHECK(p.get("/readyz").status == 200);

  planes.state = processor_state::starting;
  CHECK(p.get("/healthz").status == 200);
  CHECK(json::parse(p.get("/readyz").body)["detail"] == "planes is starting");

  planes.state = processor_state::failed;
  planes.error = "disk full";
  r = p.get("/healthz");
  CHECK(r.status == 503);
  CHECK(json::parse(r.body)["reasons"] == json{"planes failed: disk full"});
  CHECK(p.get("/readyz").status == 503);

  p.source.all.clear();
  CHECK(p.get("/healthz").status == 200);
  CHECK(p.get("/readyz").status == 200);
}

TEST_CASE("routes: metrics are what Prometheus reads") {
  program p;
  const auto r = p.get("/metrics");
  CHECK(r.status == 200);
  CHECK(r.header("Content-Type") == "text/plain; version=0.0.4; charset=utf-8");
  CHECK(test::read_prometheus(r.body).at("corka_table_rows").samples.size() == 2);
}

TEST_CASE("routes: the page needs nothing from elsewhere and nothing inline") {
  program p;
  const auto page = p.get("/");
  CHECK(page.header("Content-Type") == "text/html; charset=utf-8");
  CHECK(page.header("Content-Security-Policy").value().find("unsafe") == std::string::npos);
  CHECK(page.body.find("http:") == std::string::npos);
  CHECK(page.body.find("https:") == std::string::npos);
  CHECK(page.body.find("style=") == std::string::npos);
  CHECK(page.body.find("onclick") == std::string::npos);
  for (std::size_t at = page.body.find("/assets/"); at != std::string::npos; at = page.body.find("/assets/", at + 1)) {
    const auto path = page.body.substr(at, page.body.find('"', at) - at);
    CAPTURE(path);
    const auto r = p.get(path);
    CHECK(r.status == 200);
    CHECK_FALSE(r.body.empty());
    CHECK(p.get(path, "If-None-Match: " + r.header("ETag").value() + "\r\n").status == 304);
  }
}

TEST_CASE("routes: text of the page is sent compressed to those who take it") {
  program p;
  const auto plain = p.get("/assets/parts/icons.js");
  const auto small = p.get("/assets/parts/icons.js", "Accept-Encoding: br, gzip\r\n");
  CHECK_FALSE(plain.header("Content-Encoding"));
  CHECK(small.header("Content-Encoding") == "gzip");
  CHECK(small.header("Vary") == "Accept-Encoding");
  CHECK(small.header("Content-Type") == "text/javascript; charset=utf-8");
  CHECK(small.body.substr(0, 2) == "\x1f\x8b");
  CHECK(small.body.size() < plain.body.size());
  CHECK(small.header("ETag") != plain.header("ETag"));
  CHECK(p.get("/assets/parts/icons.js", "Accept-Encoding: gzip;q=0\r\n").body == plain.body);
}

TEST_CASE("routes: the page can be read from a folder, files below it too, and nothing outside of it") {
  test::temporary_folder at;
  const auto put = [&](const std::string& name, const std::string& text) {
    std::filesystem::create_directories((at.path() / name).parent_path());
    std::ofstream{at.path() / name} << text;
  };
  put("secret", "no");
  test::fake_source none;
  test::http_loopback s;
  query::event_log log{s.time};
  query::monitor monitor{s.loop.get_executor(), s.time, none, log};
  http::router no_page;
  CHECK_THROWS_AS(query::route_all(no_page, none, monitor, {.ui_dir = at.path() / "web"}), error);
  put("web/index.html", "page");
  put("web/vendor/a/b.mjs", "module");
  put("web/.hidden", "no");
  query::route_all(s.routes, none, monitor, {.ui_dir = at.path() / "web"});
  s.start();
  const auto c = s.client();
  CHECK(c->get("/").body == "page");
  const auto module = c->get("/assets/vendor/a/b.mjs");
  CHECK(module.body == "module");
  CHECK(module.header("Content-Type") == "text/javascript; charset=utf-8");
  CHECK(c->get("/assets/vendor/a/b.mjs", "If-None-Match: " + module.header("ETag").value() + "\r\n").status == 304);
  put("web/vendor/a/b.mjs", "changed");
  CHECK(c->get("/assets/vendor/a/b.mjs").body == "changed");
  put("web/new.js", "new");
  CHECK(c->get("/assets/new.js").body == "new");
  for (const auto* path : {"/assets/../secret", "/assets/%2e%2e/secret", "/assets/..%2fsecret", "/assets/.hidden",
                           "/assets/vendor", "/assets/vendor/", "/assets/none.js", "/assets/vendor%2fa%2fb.mjs"}) {
    CAPTURE(path);
    CHECK(c->get(path).status == 404);
  }
}

TEST_CASE("routes: the API's description is there") {
  program p;
  const auto d = p.get_json("/api/v1/openapi.json");
  CHECK(d["openapi"] == "3.0.3");
  CHECK(d["paths"].contains("/api/v1/tables/{table}/keys/{key}"));
}

TEST_CASE("routes: a store that cannot be read is a 500, not a crash") {
  struct broken final : query::source {
    [[nodiscard]] std::vector<view_status> views() const override { return {}; }
    [[nodiscard]] task<std::optional<query::rows_answer>> rows(std::string, key_range, std::size_t) const override {
      throw std::runtime_error{"disk on fire"};
      co_return std::nullopt;
    }
    std::vector<processor_status> processors() const override { throw std::runtime_error{"no status"}; }
    std::vector<std::string> tables() const override { return {}; }
    task<std::optional<query::row_answer>> row(std::string, std::string) const override {
      throw std::runtime_error{"disk on fire"};
      co_return std::nullopt;
    }
  } source;
  test::http_loopback s;
  query::event_log log{s.time};
  query::monitor monitor{s.loop.get_executor(), s.time, source, log};
  query::route_all(s.routes, source, monitor);
  s.start();
  const auto c = s.client();
  CHECK(c->get("/api/v1/tables/t/keys/k").status == 500);
  CHECK(c->get("/metrics").status == 500);
  CHECK(s.logged.find("disk on fire") != std::string::npos);
  CHECK(s.logged.find("no status") != std::string::npos);
}
