#include "query/cluster_json.hpp"
#include "query/cluster_said.hpp"
#include "query/status_json.hpp"

#include <algorithm>
#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

namespace corka::query {

using json = nlohmann::ordered_json;

namespace {

struct run_there {
  const instance_answer& at;
  json run;
};

/// As long as one runs all do; one that failed makes it a failed one.
std::string state_of(const std::vector<run_there>& runs) {
  for (const auto* const state : {"running", "failed", "cancelled"}) {
    if (std::ranges::any_of(runs, [&](const auto& r) { return text_of(r.run, "state") == state; })) return state;
  }
  return "completed";
}

json together(const std::string& key, const std::vector<run_there>& runs) {
  json started;
  json ended = 0;
  json done = 0;
  json left = 0;
  json each = json::array();
  std::string message;
  for (const auto& r : runs) {
    const auto began = value_of(r.run, "started");
    if (began.is_number() && (!started.is_number() || began.get<double>() < started.get<double>())) started = began;
    const auto end = value_of(r.run, "ended");
    if (ended.is_null() || !end.is_number()) ended = nullptr;
    else keep_larger(ended, end);
    add(done, value_of(r.run, "done"));
    add_known(left, value_of(r.run, "left"));
    const auto words = text_of(r.run, "message");
    if (!words.empty()) message += (message.empty() ? "" : "; ") + words;
    each.push_back({{"instance", text_or_null(r.at.address)}, {"self", r.at.self}, {"run", r.run}});
  }
  return {{"key", text_or_null(key)},
          {"action", runs.empty() ? json(nullptr) : text_or_null(text_of(runs.front().run, "action"))},
          {"state", state_of(runs)},
          {"started", std::move(started)},
          {"ended", std::move(ended)},
          {"done", std::move(done)},
          {"left", std::move(left)},
          {"message", text_or_null(message)},
          {"runs", std::move(each)}};
}

}  // namespace

json cluster_run_json(const std::string& key, const std::vector<instance_answer>& answers) {
  const auto all = read_all(answers);
  std::vector<run_there> runs;
  for (const auto& i : all) {
    if (i.readable) runs.push_back({i.by, i.body});
  }
  auto made = together(key, runs);
  made["missing"] = missing_of(all);
  return made;
}

json cluster_actions_json(const std::vector<instance_answer>& answers) {
  const auto all = read_all(answers);
  bool enabled = false;
  std::map<std::string, json> actions;
  std::vector<std::pair<std::string, std::vector<run_there>>> runs;  // by key
  for (const auto& i : all) {
    enabled = enabled || value_of(i.body, "enabled") == true;
    for (const auto& a : list_of(i.body, "actions")) {
      if (!a.is_object()) continue;
      auto& one = actions.emplace(text_of(a, "id"), a).first->second;
      if (!one.contains("instances")) one["instances"] = json::array();
      one["instances"].push_back(text_or_null(i.by.address));
    }
    for (const auto& r : list_of(i.body, "runs")) {
      if (!r.is_object()) continue;
      const auto key = text_of(r, "key");
      const auto same = key.empty() ? runs.end() : std::ranges::find(runs, key, [](const auto& k) { return k.first; });
      if (same == runs.end()) runs.push_back({key, {{i.by, r}}});
      else same->second.push_back({i.by, r});
    }
  }
  json listed = json::array();
  for (auto& [id, a] : actions) listed.push_back(std::move(a));
  std::multimap<std::int64_t, json, std::greater<>> by_time;
  for (const auto& [key, of] : runs) {
    auto one = together(key, of);
    const auto started = number_of<std::int64_t>(one, "started", 0);
    by_time.emplace(started, std::move(one));
  }
  json ran = json::array();
  for (auto& [started, one] : by_time) ran.push_back(std::move(one));
  return {{"enabled", enabled}, {"actions", std::move(listed)}, {"runs", std::move(ran)}, {"missing", missing_of(all)}};
}

}  // namespace corka::query
