#include "query/action_routes.hpp"

#include "query/at_once.hpp"
#include "query/json_text.hpp"
#include "query/number.hpp"
#include "query/read_json.hpp"
#include "query/status_json.hpp"

#include <corka/http/problem.hpp>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <optional>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

namespace corka::query {

namespace {

using json = nlohmann::ordered_json;
using http::request;
using http::response;

json run_json(const run_status& r) {
  return {{"id", r.id},
          {"action", r.action},
          {"key", text_or_null(r.key)},
          {"state", to_string(r.state)},
          {"started", r.started},
          {"ended", r.ended ? json(*r.ended) : json(nullptr)},
          {"done", r.done},
          {"left", r.left ? json(*r.left) : json(nullptr)},
          {"message", text_or_null(r.message)}};
}

response start(action_board& board, const request& r) {
  const auto body = read_json(r.body).value_or(json(nullptr));
  if (!body.is_object() || !body.contains("action") || !body["action"].is_string()) {
    return http::problem{400, "body-malformed", R"(the body is JSON like {"action": "user:NAME", "input": ...})"}
        .answer();
  }
  const auto key = body.contains("key") ? body["key"] : json(nullptr);
  if (!key.is_null() && !(key.is_string() && is_run_key(key.get<std::string>()))) {
    return http::problem{400, "body-malformed", "key is 1 to 64 letters, digits, '-' and '_', with a letter first"}
        .answer();
  }
  const auto input = body.contains("input") ? body["input"] : json(nullptr);
  auto begun = board.start(body["action"].get<std::string>(), input.dump(),
                           key.is_null() ? std::string{} : key.get<std::string>());
  if (const auto* run = std::get_if<run_status>(&begun)) {
    return std::move(
        json_response(run_json(*run), 202).set("Location", fmt::format("/api/v1/actions/runs/{}", run->id)));
  }
  const auto& no = std::get<action_board::refused>(begun);
  switch (no.why) {
    case action_board::refusal::unknown: {
      std::vector<std::string> known;
      for (const auto& a : board.all()) known.push_back(a.id);
      return http::problem{404, "action-unknown", no.detail}.with("actions", std::move(known)).answer();
    }
    case action_board::refusal::busy: return http::problem{409, "action-busy", no.detail}.answer();
    case action_board::refusal::unusable: break;
  }
  return http::problem{400, "input-unusable", no.detail}.answer();
}

/// Of the run that the path names, by its number here or by the key that it was started with; 0: there is none.
std::uint64_t run_named(const action_board& board, const request& r) {
  const auto& name = r.at("id");
  const auto number = read_number<std::uint64_t>(name);
  return number ? *number : board.run_of(name);
}

response unknown_run(const request& r) {
  return http::problem{
      404, "run-unknown",
      fmt::format("there is no run '{}', or it is forgotten: GET /api/v1/actions has the last ones", r.at("id"))}
      .answer();
}

response list(const action_board& board, bool enabled) {
  json actions = json::array();
  for (const auto& a : board.all()) {
    actions.push_back({{"id", a.id},
                       {"kind", to_string(a.what)},
                       {"name", a.name},
                       {"group", a.group ? json(*a.group) : json(nullptr)},
                       {"help", text_or_null(a.help)},
                       {"takes", text_or_null(a.takes)}});
  }
  json runs = json::array();
  for (const auto& r : board.runs()) runs.push_back(run_json(r));
  return json_response({{"enabled", enabled}, {"actions", std::move(actions)}, {"runs", std::move(runs)}});
}

}  // namespace

void route_actions(http::router& routes, action_board& board, access& who) {
  routes.get("/api/v1/actions", at_once([&board, &who](const request&) { return list(board, who.has_token()); }));
  routes.post("/api/v1/actions/runs", at_once([&board, &who](const request& r) {
                if (auto no = who.refuse_change(r)) return std::move(*no);
                return start(board, r);
              }));
  routes.get("/api/v1/actions/runs/{id}", at_once([&board](const request& r) {
               const auto run = board.find(run_named(board, r));
               return run ? json_response(run_json(*run)) : unknown_run(r);
             }));
  routes.add("DELETE", "/api/v1/actions/runs/{id}", at_once([&board, &who](const request& r) {
               if (auto no = who.refuse_change(r)) return std::move(*no);
               const auto run = board.stop(run_named(board, r));
               return run ? json_response(run_json(*run), 202) : unknown_run(r);
             }));
}

}  // namespace corka::query
