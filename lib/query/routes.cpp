#include "query/routes.hpp"

#include "query/assets.hpp"
#include "query/at_once.hpp"
#include "query/cluster_routes.hpp"
#include "query/dead_letters.hpp"
#include "query/health.hpp"
#include "query/history_query.hpp"
#include "query/json_text.hpp"
#include "query/long_answer.hpp"
#include "query/metrics.hpp"
#include "query/monitor.hpp"
#include "query/negotiation.hpp"
#include "query/overview.hpp"
#include "query/query_number.hpp"
#include "query/row_answers.hpp"
#include "query/row_routes.hpp"
#include "query/status_json.hpp"
#include "query/table_watch.hpp"

#include <corka/http/problem.hpp>

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

namespace corka::query {

namespace {

using json = nlohmann::ordered_json;
using http::request;
using http::response;

/// The text of `j`, or 304 to those who have it.
response json_answer(const request& r, const json& j) {
  auto text = json_text(j) + "\n";
  const auto tag = entity_tag(text, "");
  const bool known = has_tag(r.header("If-None-Match").value_or(""), tag);
  response out{known ? 304U : 200U};
  out.set("ETag", tag).set("Cache-Control", "no-cache");
  if (!known) out.content("application/json", std::move(text));
  return out;
}

// What is there now, with what the monitor knows of the last second.
struct surface {
  const source& from;
  monitor& by;

  [[nodiscard]] const processor_sample* second_of(std::size_t processor) const {
    const auto* last = by.past().last();
    return last != nullptr && processor < last->processors.size() ? &last->processors[processor].second : nullptr;
  }
  [[nodiscard]] const view_sample* second_of_view(std::size_t view) const {
    const auto* last = by.past().last();
    return last != nullptr && view < last->views.size() ? &last->views[view].second : nullptr;
  }
};

json status_json(const surface& of) {
  const auto all = of.from.processors();
  const auto all_views = of.from.views();
  const auto now = of.by.now();
  json processors = json::array();
  for (std::size_t i = 0; i < all.size(); ++i)
    processors.push_back(processor_json(all[i], of.second_of(i), now, of.by.why()));
  json views = json::array();
  for (std::size_t i = 0; i < all_views.size(); ++i) views.push_back(view_json(all_views[i], of.second_of_view(i)));
  return {{"version", program_version()},
          {"instance", of.from.instance()},
          {"healthy", unhealthy(all, all_views).empty()},
          {"ready", unready(all, all_views).empty()},
          {"processors", std::move(processors)},
          {"views", std::move(views)},
          {"tables", of.from.tables()}};
}

json assignment_json(const surface& of) {
  json processors = json::array();
  for (const auto& p : of.from.processors()) processors.push_back(query::assignment_json(p, of.by.why()));
  return {{"version", program_version()}, {"instance", of.from.instance()}, {"processors", std::move(processors)}};
}

json processors_json(const surface& of) {
  const auto all = of.from.processors();
  json processors = json::array();
  for (std::size_t i = 0; i < all.size(); ++i) processors.push_back(summary_json(all[i], of.second_of(i)));
  return {{"processors", std::move(processors)}};
}

json views_json(const surface& of) {
  const auto all = of.from.views();
  json views = json::array();
  for (std::size_t i = 0; i < all.size(); ++i) views.push_back(summary_json(all[i], of.second_of_view(i)));
  return {{"views", std::move(views)}};
}

json tables_json(const surface& of) {
  const auto all = of.from.processors();
  const auto views = of.from.views();
  json tables = json::array();
  for (const auto& name : of.from.tables()) tables.push_back(table_summary_json(name, all, views, of.by.now()));
  return {{"tables", std::move(tables)}};
}

response table_answer(const surface& of, const request& r) {
  const auto& name = r.at("table");
  const auto known = of.from.tables();
  if (std::ranges::find(known, name) == known.end()) return unknown_table_answer(of.from, name);
  return json_answer(r, table_json(name, of.from.processors(), of.from.views(), of.by.now()));
}

// The group's processor; of several in this process the first, with the partitions of all.
struct found_group {
  processor_status status;
  std::size_t at = 0;
};
std::optional<found_group> find_group(const std::vector<processor_status>& all, const std::string& group) {
  std::optional<found_group> found;
  for (std::size_t i = 0; i < all.size(); ++i) {
    const auto& p = all[i];
    if (p.group != group) continue;
    if (!found) {
      found = found_group{p, i};
      continue;
    }
    auto& into = found->status;
    into.partitions.insert(into.partitions.end(), p.partitions.begin(), p.partitions.end());
    into.standbys.insert(into.standbys.end(), p.standbys.begin(), p.standbys.end());
  }
  if (found) std::ranges::sort(found->status.partitions, {}, &partition_status::partition);
  return found;
}

template <class Show>
response of_group(const surface& of, const request& r, Show show) {
  const auto& group = r.at("group");
  const auto all = of.from.processors();
  if (const auto p = find_group(all, group)) return json_answer(r, show(p->status, of.second_of(p->at)));
  std::vector<std::string> known;
  for (const auto& p : all) known.push_back(p.group);
  auto detail = known.empty() ? fmt::format("there is no processor of group '{}' here, nor any other", group)
                              : fmt::format("there is no processor of group '{}' here, only of {}", group,
                                            fmt::join(known, ", "));
  return http::problem{404, "processor-unknown", std::move(detail)}.with("groups", std::move(known)).answer();
}

// By name where several views are of one table, or by table.
response of_view(const surface& of, const request& r) {
  const auto& table = r.at("table");
  const auto all = of.from.views();
  auto found = std::ranges::find(all, table, &view_status::name);
  if (found == all.end()) found = std::ranges::find(all, table, &view_status::topic);
  if (found != all.end()) {
    return json_answer(r, view_json(*found, of.second_of_view(static_cast<std::size_t>(found - all.begin()))));
  }
  std::vector<std::string> known;
  for (const auto& v : all) known.push_back(v.topic);
  auto detail = known.empty()
                    ? fmt::format("there is no view of table '{}' here, nor of any other", table)
                    : fmt::format("there is no view of table '{}' here, only of {}", table, fmt::join(known, ", "));
  return http::problem{404, "view-unknown", std::move(detail)}.with("views", std::move(known)).answer();
}

response history_answer(const surface& of, const request& r) {
  auto wish = read_history_wish(r);
  if (auto* wrong = std::get_if<response>(&wish)) return std::move(*wrong);
  return long_answer(takes_gzip(r), of.by.past().columns(std::get<history_wish>(wish)));
}

response log_answer(const surface& of, const request& r) {
  auto after = query_number(r, "after", 0, std::numeric_limits<std::int64_t>::max(), 0);
  auto limit = query_number(r, "limit", 1, event_log::kept, event_log::kept);
  auto since = query_number(r, "since", 0, std::numeric_limits<std::int64_t>::max(), 0);
  for (auto* n : {&after, &limit, &since}) {
    if (auto* wrong = std::get_if<response>(n)) return std::move(*wrong);
  }
  const auto page = of.by.log().after(std::get<std::size_t>(after), std::get<std::size_t>(limit),
                                      static_cast<std::int64_t>(std::get<std::size_t>(since)));
  json entries = json::array();
  for (const auto& e : page.entries) entries.push_back(entry_json(e));
  return long_answer(takes_gzip(r), {{"entries", std::move(entries)}, {"dropped", page.dropped}});
}

response events_answer(const surface& of, const request& r) {
  auto& feed = of.by.feed();
  if (feed.full()) {
    return http::problem{503, "too-many-streams",
                         fmt::format("{} clients follow the events already: try again later", feed.clients())}
        .header("Retry-After", "5")
        .answer();
  }
  const auto given = r.header("Last-Event-ID");
  const auto asked = given ? given : r.query_value("last_event_id");
  auto last = asked ? std::optional{std::string{*asked}} : std::nullopt;
  const bool small = takes_gzip(r);
  response out;
  out.set("Vary", "Accept-Encoding");
  if (small) out.set("Content-Encoding", "gzip");
  return std::move(out.stream("text/event-stream", [&feed, small, last = std::move(last)](http::body_writer& to) {
    return feed.stream(to, last, small);
  }));
}

void route_api(http::router& routes, const surface& of, across_instances* across) {
  const std::string api = "/api/v1";
  const auto& from = of.from;
  const auto get = [&](const std::string& path, auto show) { routes.get(api + path, at_once(std::move(show))); };
  get("/status", [of](const request& r) { return json_answer(r, status_json(of)); });
  get("/summary", [of](const request& r) {
    auto buckets = query_number(r, "buckets", 0, 1, 0);
    if (auto* wrong = std::get_if<response>(&buckets)) return std::move(*wrong);
    const look now{of.by.time().now(), of.by.time().wall_ms(), of.from.processors(), of.from.views()};
    return json_response(summary_json(now, of.by, of.from, std::get<std::size_t>(buckets) > 0));
  });
  get("/assignment", [of](const request& r) { return json_answer(r, assignment_json(of)); });
  get("/topology", [of](const request& r) {
    return json_answer(r, topology_json(of.from.processors(), of.from.views(), of.by.now()));
  });
  get("/latency", [of](const request& r) { return json_answer(r, latencies_json(of.from.processors())); });
  get("/config", [of](const request& r) { return json_answer(r, settings_json(of.from.settings())); });
  get("/history", [of](const request& r) { return history_answer(of, r); });
  get("/log", [of](const request& r) { return log_answer(of, r); });
  get("/events", [of](const request& r) { return events_answer(of, r); });
  get("/processors", [of](const request& r) { return json_answer(r, processors_json(of)); });
  get("/processors/{group}", [of](const request& r) {
    return of_group(of, r, [&of](const processor_status& p, const processor_sample* second) {
      return processor_json(p, second, of.by.now(), of.by.why());
    });
  });
  get("/processors/{group}/partitions", [of](const request& r) {
    return of_group(of, r, [&of](const processor_status& p, const processor_sample*) {
      return json{{"group", p.group},
                  {"instance", of.from.instance()},
                  {"partitions_total", p.partitions_total},
                  {"partitions", partitions_json(p, of.by.now())},
                  {"standbys", standbys_json(p)}};
    });
  });
  get("/processors/{group}/progress", [of](const request& r) {
    return of_group(of, r, [&of](const processor_status& p, const processor_sample*) {
      return json{{"group", p.group},
                  {"instance", of.from.instance()},
                  {"partitions_total", p.partitions_total},
                  {"partitions", progress_json(p, of.by.now())},
                  {"standbys", standby_progress_json(p)}};
    });
  });
  get("/views", [of](const request& r) { return json_answer(r, views_json(of)); });
  get("/views/{table}", [of](const request& r) { return of_view(of, r); });
  get("/tables", [of](const request& r) { return json_answer(r, tables_json(of)); });
  get("/tables/{table}", [of](const request& r) { return table_answer(of, r); });
  get("/dead-letters", [of](const request& r) { return json_answer(r, dead_letters_json(of.from.processors())); });
  routes.get(api + "/dead-letters/{topic}", [&from](request r) { return answer_dead_letters(from, r); });
  routes.get(api + "/tables/{table}/watch",
             [&from, across, &by = of.by](request r) { return answer_watch(from, across, by, r); });
}

}  // namespace

void route_all(http::router& routes, const source& from, monitor& by, const route_options& options) {
  route_api(routes, {from, by}, options.across);
  route_rows(routes, from, options.across);
  if (options.across != nullptr) route_cluster(routes, *options.across);
  routes.get("/healthz", at_once([&from](const request&) { return health_answer(from.processors(), from.views()); }));
  routes.get("/readyz", at_once([&from](const request&) { return readiness_answer(from.processors(), from.views()); }));
  routes.get("/metrics", at_once([&from, &by, by_partition = options.partition_metrics](const request& r) {
               const bool open = prefers_openmetrics(r.header("Accept").value_or(""));
               const metrics_options how{by_partition,
                                         open ? exposition::format::openmetrics : exposition::format::prometheus};
               response out;
               out.set("Vary", "Accept");
               out.content(open ? "application/openmetrics-text; version=1.0.0; charset=utf-8"
                                : "text/plain; version=0.0.4; charset=utf-8",
                           metrics_text(from.processors(), from.views(), program_version(), by.sums(), how));
               return out;
             }));
  route_assets(routes, options.ui_dir);
}

}  // namespace corka::query
