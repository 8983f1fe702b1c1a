#include "query/cluster_actions.hpp"

#include "http/percent.hpp"
#include "query/action_board.hpp"
#include "query/cluster_json.hpp"
#include "query/json_text.hpp"
#include "query/read_json.hpp"

#include <corka/http/problem.hpp>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <random>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace corka::query {

namespace {

using json = nlohmann::ordered_json;
using http::request;
using http::response;

/// A key that nobody else has made.
std::string new_key() {
  std::random_device bits;
  return fmt::format("r{:08x}{:08x}", bits(), bits());
}

/// The groups whose instances have the action: that of a visitor by its name, wherever it is; else those of here.
std::vector<std::string> groups_of(const std::string& action, const across_instances& across) {
  constexpr std::string_view visit = "visit:";
  const auto end = action.rfind(':');
  if (action.starts_with(visit) && end > visit.size()) return {action.substr(visit.size(), end - visit.size())};
  return across.directory().groups();
}

/// The own answer is none where this instance has nothing to do with the groups.
void leave_out_strangers(std::vector<instance_answer>& all) {
  std::erase_if(all, [](const auto& i) { return i.self && i.groups.empty() && !i.body; });
}

response answer(const std::string& key, std::vector<instance_answer> all, unsigned status) {
  leave_out_strangers(all);
  const auto j = cluster_run_json(key, all);
  if (!j["runs"].empty()) return json_response(j, status);
  // Nobody did anything: what the first one said is the reason.
  const auto said = std::ranges::find_if(all, [](const auto& i) { return i.status >= 400; });
  if (said == all.end()) {
    return http::problem{503, "instances-unreachable",
                         "no instance of the group can be asked just now: try again in a moment"}
        .header("Retry-After", "1")
        .answer();
  }
  const bool unknown = said->status == 404;
  return http::problem{said->status, unknown ? "run-unknown" : "action-refused",
                       fmt::format("no instance took it: {}", said->why)}
      .answer();
}

task<response> list(across_instances& across, request r) {
  http::call what;
  what.target = "/api/v1/actions";
  auto groups = across.directory().groups();
  const auto all = co_await across.gather(r, std::move(what), std::move(groups));
  co_return json_response(cluster_actions_json(all));
}

task<response> start(across_instances& across, request r) {
  auto body = read_json(r.body).value_or(json(nullptr));
  if (!body.is_object() || !body.contains("action") || !body["action"].is_string() || body.contains("key")) {
    co_return http::problem{400, "body-malformed",
                            R"(the body is JSON like {"action": "visit:GROUP:NAME", "input": ...})"}
        .answer();
  }
  const auto action = body["action"].get<std::string>();
  const auto key = new_key();
  body["key"] = key;
  http::call what;
  what.method = "POST";
  what.target = "/api/v1/actions/runs";
  what.fields.emplace_back("Content-Type", "application/json");
  what.body = json_text(body);
  auto groups = groups_of(action, across);
  auto location = fmt::format("/api/v1/cluster/actions/runs/{}", key);
  for (const auto& group : groups) {
    const auto own = across.directory().groups();
    // Of others' groups nothing else would tell whom to ask.
    if (std::ranges::find(own, group) == own.end()) location += "?group=" + http::percent_encode(group);
  }
  auto all = co_await across.gather(r, std::move(what), std::move(groups));
  auto given = answer(key, std::move(all), 202);
  if (given.status() == 202) given.set("Location", location);
  co_return given;
}

/// Asks all for the run of the path's key: of which group it is, only those know who have it.
task<response> ask_run(across_instances& across, request r, std::string method, unsigned status) {
  const auto key = r.at("key");
  if (!is_run_key(key)) {
    co_return http::problem{404, "run-unknown", "there is no such run: its key is in the answer that started it"}
        .answer();
  }
  http::call what;
  what.method = std::move(method);
  what.target = "/api/v1/actions/runs/" + key;
  auto groups = across.directory().groups();
  for (const auto& p : r.query_parameters) {
    if (p.name == "group" && std::ranges::find(groups, p.value) == groups.end()) groups.push_back(p.value);
  }
  auto all = co_await across.gather(r, std::move(what), std::move(groups));
  // Who has no such run lacks nothing of it.
  const bool somebody = std::ranges::any_of(all, [](const auto& i) { return i.body.has_value(); });
  if (somebody) std::erase_if(all, [](const auto& i) { return i.status == 404; });
  co_return answer(key, std::move(all), status);
}

task<response> refused(response why) { co_return why; }

}  // namespace

void route_cluster_actions(http::router& routes, across_instances& across, access& who) {
  const std::string api = "/api/v1/cluster/actions";
  routes.get(api, [&across](request r) { return list(across, r); });
  routes.post(api + "/runs", [&across, &who](request r) {
    auto no = who.refuse_change(r);
    return no ? refused(std::move(*no)) : start(across, r);
  });
  routes.get(api + "/runs/{key}", [&across](request r) { return ask_run(across, r, "GET", 200); });
  routes.add("DELETE", api + "/runs/{key}", [&across, &who](request r) {
    auto no = who.refuse_change(r);
    return no ? refused(std::move(*no)) : ask_run(across, r, "DELETE", 202);
  });
}

}  // namespace corka::query
