#include "query/cluster_routes.hpp"

#include "http/percent.hpp"
#include "query/cluster_answers.hpp"
#include "query/cluster_json.hpp"
#include "query/event_log.hpp"
#include "query/history_query.hpp"
#include "query/json_text.hpp"
#include "query/long_answer.hpp"
#include "query/query_number.hpp"

#include <corka/http/problem.hpp>

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <functional>
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

/// Those of `?group=`, as often as it is given; else the program's own.
std::vector<std::string> groups_of(const request& r, const across_instances& across) {
  std::vector<std::string> named;
  for (const auto& p : r.query_parameters) {
    if (p.name == "group" && std::ranges::find(named, p.value) == named.end()) named.push_back(p.value);
  }
  return named.empty() ? across.directory().groups() : named;
}

http::call get(std::string target) {
  http::call what;
  what.target = std::move(target);
  return what;
}

using put_together = std::function<json(const std::vector<instance_answer>&)>;

task<response> gather_as(across_instances& across, std::string target, std::vector<std::string> groups, bool compressed,
                         put_together as) {
  // No client's own request: the answer is for all who ask.
  const auto all = co_await across.gather(request{}, get(std::move(target)), std::move(groups));
  co_return long_answer(compressed, as(all));
}

/// The same answer for all who ask for the same: the path, and what else makes a difference. `by` begins its
/// collection.
task<response> shared(across_instances& across, const request& r, const std::vector<std::string>& what,
                      cluster_answers::collect by) {
  auto all = std::string{r.path};
  for (const auto& one : what) all += " " + http::percent_encode(one);
  return across.answers().get(std::move(all), std::move(by));
}

/// What all instances answer to `target`, put together as `form` says, which `as` carries out; compressed once for all
/// who take it so.
task<response> gathered(across_instances& across, const request& r, std::string target, std::string form,
                        put_together as) {
  auto groups = groups_of(r, across);
  const bool small = takes_gzip(r);
  auto what = groups;
  what.push_back(target);
  what.push_back(std::move(form));
  what.emplace_back(small ? "gzip" : "plain");
  return shared(across, r, what,
                [&across, target = std::move(target), groups = std::move(groups), small, as = std::move(as)] {
                  return gather_as(across, target, groups, small, as);
                });
}

/// `what`: the end of the path, as of one instance.
task<response> partitions(across_instances& across, std::string group, std::string what) {
  std::vector<std::string> one{group};
  auto target = fmt::format("/api/v1/processors/{}/{}", http::percent_encode(group), what);
  auto all = co_await across.gather(request{}, get(std::move(target)), std::move(one));
  const auto map = co_await across.maps().get(group, false);
  // An instance that has nothing to do with the group lacks nothing of it.
  std::erase_if(all, [&](const auto& i) { return i.self && i.groups.empty(); });
  if (!map && all.empty()) {
    auto known = across.directory().groups();
    co_return http::problem{404, "processor-unknown", fmt::format("there is no group '{}'", group)}
        .with("groups", std::move(known))
        .answer();
  }
  co_return json_response(cluster_partitions_json(group, all, map ? map->partitions() : 0));
}

task<response> instances(across_instances& across, std::vector<std::string> groups) {
  const auto all = co_await across.gather(request{}, get("/api/v1/assignment"), groups);
  std::vector<cluster_maps::map_pointer> maps;
  for (const auto& group : groups) {
    auto map = co_await across.maps().get(group, false);
    if (map) maps.push_back(std::move(map));
  }
  co_return json_response(cluster_instances_json(all, maps));
}

/// What has to be asked for so that `wanted` can be put together: quantiles come from buckets, and how many partitions
/// there were says who had all of them.
std::string columns_to_ask(const std::optional<std::vector<std::string_view>>& wanted) {
  std::string names = "partitions";
  for (const auto name : *wanted) {
    if (name != names && !name.starts_with("callback_")) names += fmt::format(",{}", name);
  }
  return names;
}

std::string history_target(const history_wish& wanted) {
  auto target = fmt::format("/api/v1/history?seconds={}&step={}", wanted.samples, wanted.step);
  bool buckets = false;
  for (const auto& [name, list] : {std::pair{"total", &wanted.total}, std::pair{"processors", &wanted.processors}}) {
    if (*list) target += fmt::format("&{}={}", name, columns_to_ask(*list));
    const auto is_quantile = [](std::string_view column) { return column.starts_with("callback_"); };
    buckets = buckets || !*list || std::ranges::any_of(**list, is_quantile);
  }
  if (wanted.views) target += fmt::format("&views={}", fmt::join(*wanted.views, ","));
  return buckets ? target + "&buckets=1" : target;
}

task<response> history_answer(across_instances& across, request r) {
  auto wish = read_history_wish(r);
  if (auto* wrong = std::get_if<response>(&wish)) co_return std::move(*wrong);
  auto wanted = std::get<history_wish>(std::move(wish));
  auto target = history_target(wanted);
  co_return co_await gathered(across, r, std::move(target), std::string{r.query},
                              [wanted](const auto& all) { return cluster_history_json(all, wanted); });
}

task<response> log_answer(across_instances& across, request r) {
  auto limit = query_number(r, "limit", 1, event_log::kept, event_log::kept);
  auto since = query_number(r, "since", 0, std::numeric_limits<std::int64_t>::max(), 0);
  for (auto* n : {&limit, &since}) {
    if (auto* wrong = std::get_if<response>(n)) co_return std::move(*wrong);
  }
  const auto most = std::get<std::size_t>(limit);
  auto target = fmt::format("/api/v1/log?limit={}&since={}", most, std::get<std::size_t>(since));
  co_return co_await gathered(across, r, std::move(target), {},
                              [most](const auto& all) { return cluster_log_json(all, most); });
}

}  // namespace

void route_cluster(http::router& routes, across_instances& across) {
  const std::string api = "/api/v1/cluster";
  struct whole {
    const char* path;
    const char* of_one;
    json (*as)(const std::vector<instance_answer>&);
  };
  for (const auto& w : {whole{"/status", "/api/v1/status", cluster_status_json},
                        whole{"/summary", "/api/v1/summary?buckets=1", cluster_summary_json},
                        whole{"/latency", "/api/v1/latency", cluster_latency_json},
                        whole{"/topology", "/api/v1/topology", cluster_topology_json},
                        whole{"/visits", "/api/v1/status", cluster_visits_json}}) {
    routes.get(api + w.path, [&across, w](request r) { return gathered(across, r, w.of_one, {}, w.as); });
  }
  routes.get(api + "/history", [&across](request r) { return history_answer(across, r); });
  routes.get(api + "/log", [&across](request r) { return log_answer(across, r); });
  routes.get(api + "/instances", [&across](request r) {
    auto groups = groups_of(r, across);
    return shared(across, r, groups, [&across, groups] { return instances(across, groups); });
  });
  for (const auto* const what : {"partitions", "progress"}) {
    routes.get(fmt::format("{}/processors/{{group}}/{}", api, what), [&across, what](request r) {
      return shared(across, r, {}, [&across, group = r.at("group"), what] { return partitions(across, group, what); });
    });
  }
}

}  // namespace corka::query
