#include "query/routes.hpp"

#include "query/assets.hpp"
#include "query/base64url.hpp"
#include "query/health.hpp"
#include "query/metrics.hpp"
#include "query/row_answers.hpp"
#include "query/status_json.hpp"
#include "query/table_pages.hpp"

#include <corka/http/problem.hpp>

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace corka::query {

namespace {

using json = nlohmann::ordered_json;
using http::request;
using http::response;

constexpr std::string_view version = CORKA_VERSION;

response json_answer(const json& j) {
  // Names and messages come from outside: what is no UTF-8 in them is replaced.
  return std::move(
      response{}.content("application/json", j.dump(-1, ' ', false, json::error_handler_t::replace) + "\n"));
}

// A handler of something that needs no waiting.
template <class Answer>
http::handler at_once(Answer answer) {
  return [answer = std::move(answer)](request r) -> task<response> {
    // Not a coroutine itself: that would refer to this closure.
    return [](response given) -> task<response> { co_return given; }(answer(r));
  };
}

json status_json(const source& from) {
  const auto all = from.processors();
  const auto all_views = from.views();
  json processors = json::array();
  for (const auto& p : all) processors.push_back(processor_json(p));
  json views = json::array();
  for (const auto& v : all_views) views.push_back(view_json(v));
  return {{"version", version},
          {"healthy", unhealthy(all, all_views).empty()},
          {"ready", unready(all, all_views).empty()},
          {"processors", std::move(processors)},
          {"views", std::move(views)},
          {"tables", from.tables()}};
}

json processors_json(const source& from) {
  json processors = json::array();
  for (const auto& p : from.processors()) processors.push_back(summary_json(p));
  return {{"processors", std::move(processors)}};
}

json views_json(const source& from) {
  json views = json::array();
  for (const auto& v : from.views()) views.push_back(summary_json(v));
  return {{"views", std::move(views)}};
}

json topology_json(const source& from) {
  json processors = json::array();
  for (const auto& p : from.processors()) processors.push_back({{"group", p.group}, {"topology", p.topology}});
  return {{"processors", std::move(processors)}};
}

// Every table that can be asked, with what this process has of it.
json tables_json(const source& from) {
  const auto all = from.processors();
  const auto views = from.views();
  json tables = json::array();
  for (const auto& name : from.tables()) {
    json partitions = json::array();
    std::uint64_t rows = 0;
    std::uint64_t bytes = 0;
    for (const auto& p : all) {
      for (const auto& partition : p.partitions) {
        if (!partition.table || partition.table->topic != name) continue;
        partitions.push_back(partition.partition);
        rows += partition.table->rows;
        bytes += partition.table->bytes;
      }
    }
    // A view has all of them.
    for (const auto& v : views) {
      if (v.topic != name) continue;
      partitions = json::array();
      for (const auto& c : v.partitions) partitions.push_back(c.partition);
      rows = v.rows;
      bytes = v.bytes;
    }
    tables.push_back({{"table", name}, {"partitions_here", std::move(partitions)}, {"rows", rows}, {"bytes", bytes}});
  }
  return {{"tables", std::move(tables)}};
}

// The group's processor; of several in this process the first, with the partitions of all.
std::optional<processor_status> find_group(const std::vector<processor_status>& all, const std::string& group) {
  std::optional<processor_status> found;
  for (const auto& p : all) {
    if (p.group != group) continue;
    if (!found) found = p;
    else found->partitions.insert(found->partitions.end(), p.partitions.begin(), p.partitions.end());
  }
  if (found) std::ranges::sort(found->partitions, {}, &partition_status::partition);
  return found;
}

template <class Show>
response of_group(const source& from, const std::string& group, Show show) {
  const auto all = from.processors();
  if (const auto p = find_group(all, group)) return json_answer(show(*p));
  std::vector<std::string> known;
  for (const auto& p : all) known.push_back(p.group);
  auto detail = known.empty() ? fmt::format("there is no processor of group '{}' here, nor any other", group)
                              : fmt::format("there is no processor of group '{}' here, only of {}", group,
                                            fmt::join(known, ", "));
  return http::problem{404, "processor-unknown", std::move(detail)}.with("groups", std::move(known)).answer();
}

// By table, or by name where several views are of one table.
response of_view(const source& from, const std::string& table) {
  const auto all = from.views();
  for (const auto& v : all) {
    if (v.name == table) return json_answer(view_json(v));
  }
  for (const auto& v : all) {
    if (v.topic == table) return json_answer(view_json(v));
  }
  std::vector<std::string> known;
  for (const auto& v : all) known.push_back(v.topic);
  auto detail = known.empty()
                    ? fmt::format("there is no view of table '{}' here, nor of any other", table)
                    : fmt::format("there is no view of table '{}' here, only of {}", table, fmt::join(known, ", "));
  return http::problem{404, "view-unknown", std::move(detail)}.with("views", std::move(known)).answer();
}

task<response> row_by_key64(const source& from, request r) {
  const auto encoded = r.query_value("key64");
  auto key = base64url_decode(encoded.value_or(""));
  if (!key) {
    co_return http::problem{400, "key-malformed",
                            "give the key as the path's last segment, percent-encoded, or as ?key64= in base64url"}
        .answer();
  }
  auto answer = co_await answer_row(from, r, r.at("table"), std::move(*key));
  co_return answer;
}

void route_api(http::router& routes, const source& from) {
  const std::string api = "/api/v1";
  routes.get(api + "/status", at_once([&from](const request&) { return json_answer(status_json(from)); }));
  routes.get(api + "/topology", at_once([&from](const request&) { return json_answer(topology_json(from)); }));
  routes.get(api + "/processors", at_once([&from](const request&) { return json_answer(processors_json(from)); }));
  routes.get(api + "/processors/{group}",
             at_once([&from](const request& r) { return of_group(from, r.at("group"), processor_json); }));
  routes.get(api + "/processors/{group}/partitions", at_once([&from](const request& r) {
               return of_group(from, r.at("group"), [](const processor_status& p) {
                 return json{{"group", p.group}, {"partitions", partitions_json(p)}};
               });
             }));
  routes.get(api + "/tables", at_once([&from](const request&) { return json_answer(tables_json(from)); }));
  routes.get(api + "/views", at_once([&from](const request&) { return json_answer(views_json(from)); }));
  routes.get(api + "/views/{table}", at_once([&from](const request& r) { return of_view(from, r.at("table")); }));
  routes.get(api + "/tables/{table}/keys", [&from](request r) {
    return r.query_value("key64") ? row_by_key64(from, r) : answer_rows(from, r, r.at("table"));
  });
  routes.get(api + "/tables/{table}/keys/{key}",
             [&from](request r) { return answer_row(from, r, r.at("table"), r.at("key")); });
}

}  // namespace

void route_all(http::router& routes, const source& from, const std::filesystem::path& ui_dir) {
  route_api(routes, from);
  routes.get("/healthz", at_once([&from](const request&) { return health_answer(from.processors(), from.views()); }));
  routes.get("/readyz", at_once([&from](const request&) { return readiness_answer(from.processors(), from.views()); }));
  routes.get("/metrics", at_once([&from](const request&) {
               return std::move(response{}.content("text/plain; version=0.0.4; charset=utf-8",
                                                   metrics_text(from.processors(), from.views(), version)));
             }));
  for (auto& a : assets(ui_dir)) {
    const auto path = a.path;
    routes.get(path, at_once([a = std::move(a)](const request& r) { return answer_asset(a, r); }));
  }
}

}  // namespace corka::query
