#include "query/cluster_routes.hpp"

#include "http/percent.hpp"
#include "query/cluster_json.hpp"
#include "query/json_text.hpp"

#include <corka/http/problem.hpp>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <string>
#include <utility>
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

using put_together = json (*)(const std::vector<instance_answer>&);

task<response> gathered(across_instances& across, request r, std::string target, put_together as) {
  const auto all = co_await across.gather(r, get(std::move(target)), groups_of(r, across));
  co_return json_response(as(all));
}

/// `what`: the end of the path, as of one instance.
task<response> partitions(across_instances& across, request r, std::string what) {
  const auto group = r.at("group");
  std::vector<std::string> one{group};
  auto target = fmt::format("/api/v1/processors/{}/{}", http::percent_encode(group), what);
  auto all = co_await across.gather(r, get(std::move(target)), std::move(one));
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

task<response> instances(across_instances& across, request r) {
  const auto groups = groups_of(r, across);
  const auto all = co_await across.gather(r, get("/api/v1/assignment"), groups);
  std::vector<cluster_maps::map_pointer> maps;
  for (const auto& group : groups) {
    auto map = co_await across.maps().get(group, false);
    if (map) maps.push_back(std::move(map));
  }
  co_return json_response(cluster_instances_json(all, maps));
}

}  // namespace

void route_cluster(http::router& routes, across_instances& across) {
  const std::string api = "/api/v1/cluster";
  routes.get(api + "/status",
             [&across](request r) { return gathered(across, r, "/api/v1/status", cluster_status_json); });
  routes.get(api + "/topology",
             [&across](request r) { return gathered(across, r, "/api/v1/topology", cluster_topology_json); });
  routes.get(api + "/visits",
             [&across](request r) { return gathered(across, r, "/api/v1/status", cluster_visits_json); });
  routes.get(api + "/instances", [&across](request r) { return instances(across, r); });
  for (const auto* const what : {"partitions", "progress"}) {
    routes.get(fmt::format("{}/processors/{{group}}/{}", api, what),
               [&across, what](request r) { return partitions(across, r, what); });
  }
}

}  // namespace corka::query
