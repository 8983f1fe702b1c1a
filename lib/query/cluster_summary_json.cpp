#include "query/cluster_json.hpp"
#include "query/cluster_said.hpp"
#include "query/cluster_sums.hpp"
#include "query/status_json.hpp"

#include <algorithm>
#include <array>
#include <cstddef>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace corka::query {

using json = nlohmann::ordered_json;

namespace {

/// What is said of the same thing by several instances gets no longer by their number.
constexpr std::size_t most_lines = 50;

struct said_there {
  const said* at;
  const json* what;
};
/// What instances say of one thing, things in the order of their first coming.
using said_of = std::vector<std::pair<std::string, std::vector<said_there>>>;

said_of gathered(const std::vector<said>& all, const char* list, const char* name) {
  said_of things;
  std::map<std::string, std::size_t> at;
  for (const auto& i : all) {
    const auto* const found = find_value(i.body, list);
    if (found == nullptr || !found->is_array()) continue;
    for (const auto& one : *found) {
      if (!one.is_object()) continue;
      const auto called = text_of(one, name);
      const auto [known, fresh] = at.emplace(called, things.size());
      if (fresh) things.push_back({called, {}});
      things[known->second].second.push_back({&i, &one});
    }
  }
  return things;
}

std::size_t instances_in(const std::vector<said_there>& all) {
  std::size_t n = 0;
  const said* last = nullptr;  // those of one instance are together
  for (const auto& s : all) n += std::exchange(last, s.at) != s.at ? 1 : 0;
  return n;
}

/// The first of `order` that somebody is in.
template <std::size_t N>
json state_of(const std::vector<said_there>& all, const std::array<std::string_view, N>& order) {
  for (const auto state : order) {
    if (std::ranges::any_of(all, [&](const auto& s) { return text_of(*s.what, "state") == state; })) return state;
  }
  return order.back();
}

template <std::size_t N>
json joined_rates(const std::vector<said_there>& all, const std::array<joined_field, N>& fields) {
  json made;
  for (const auto& f : fields) {
    joined_number n{f.how};
    for (const auto& s : all) {
      const auto* const rates = find_value(*s.what, "rates");
      n.add(rates != nullptr && rates->is_object() ? find_value(*rates, f.name) : nullptr);
    }
    made[f.name] = short_number(n.get());
  }
  return made;
}

bool add_buckets(bucket_counts& into, const said_there& of) {
  const auto* const rates = find_value(*of.what, "rates");
  if (rates == nullptr || !rates->is_object()) return false;
  const auto* const packed = find_value(*rates, "callback_buckets");
  return packed != nullptr && add_packed_buckets(into, *packed);
}

/// Quantiles of all callbacks together; unknown where somebody's are.
void put_quantiles(json& into, const bucket_counts& counts, bool known) {
  into["callback_p50_us"] = short_number(known ? quantile_us(counts, 0.5) : std::nullopt);
  into["callback_p99_us"] = short_number(known ? quantile_us(counts, 0.99) : std::nullopt);
}

json sum_of(const std::vector<said_there>& all, const char* name, const char* within = nullptr) {
  json sum = 0;
  for (const auto& s : all) {
    const auto* const of = within == nullptr ? s.what : find_value(*s.what, within);
    if (of != nullptr && of->is_object()) add(sum, value_of(*of, name));
  }
  return sum;
}

json largest_of(const std::vector<said_there>& all, const char* name, json least) {
  for (const auto& s : all) keep_larger(least, value_of(*s.what, name));
  return least;
}

/// Their own words, each once, with who says it where that is not everybody.
json lines_of(const std::vector<said_there>& all, const char* name) {
  std::vector<std::pair<std::string, std::vector<said_there>>> lines;
  for (const auto& s : all) {
    const auto* const list = find_value(*s.what, name);
    if (list == nullptr || !list->is_array()) continue;
    for (const auto& line : *list) {
      if (!line.is_string()) continue;
      const auto& text = line.get_ref<const std::string&>();
      const auto known = std::ranges::find(lines, text, [](const auto& l) { return l.first; });
      if (known != lines.end()) known->second.push_back(s);
      else if (lines.size() < most_lines) lines.push_back({text, {s}});
    }
  }
  const auto everybody = instances_in(all);
  json made = json::array();
  for (const auto& [text, by] : lines) {
    const auto n = instances_in(by);
    if (n == everybody) made.push_back(text);
    else if (n == 1) made.push_back(label_of(*by.front().at) + ": " + text);
    else made.push_back(label_of(*by.front().at) + " and " + std::to_string(n - 1) + " more: " + text);
  }
  return made;
}

/// Nothing where nobody says anything.
json error_of(const std::vector<said_there>& all) {
  for (const auto& s : all) {
    const auto text = text_of(*s.what, "error");
    if (!text.empty()) return instances_in(all) > 1 ? label_of(*s.at) + ": " + text : text;
  }
  return nullptr;
}

json processor_json(const std::string& group, const std::vector<said_there>& all) {
  static constexpr std::array<std::string_view, 5> states{"failed", "running", "starting", "stopping", "idle"};
  json partition_states;
  for (const auto* const state : {"recovering", "running", "draining", "failed"})
    partition_states[state] = sum_of(all, state, "partition_states");
  json failures;
  for (const auto* const count : {"failed", "retried", "skipped", "dead_lettered"})
    failures[count] = sum_of(all, count, "failures");
  json lag = 0;
  for (const auto& s : all) add_known(lag, value_of(*s.what, "lag"));
  auto rates = joined_rates(all, processor_joins);
  bucket_counts counts{};
  const bool known = std::ranges::all_of(all, [&](const auto& s) { return add_buckets(counts, s); });
  put_quantiles(rates, counts, known);
  const auto connected = [](const auto& s) { return value_of(*s.what, "connected") == true; };
  return {{"group", group},
          {"state", state_of(all, states)},
          {"connected", std::ranges::all_of(all, connected)},
          {"error", error_of(all)},
          {"uptime_seconds", largest_of(all, "uptime_seconds", 0)},
          {"rebalances", largest_of(all, "rebalances", 0)},
          {"problems", lines_of(all, "problems")},
          {"partitions_total", largest_of(all, "partitions_total", 0)},
          {"partitions_here", sum_of(all, "partitions_here")},
          {"partition_states", std::move(partition_states)},
          {"standbys", sum_of(all, "standbys")},
          {"records", sum_of(all, "records")},
          {"lag", std::move(lag)},
          {"lag_seconds", largest_of(all, "lag_seconds", nullptr)},
          {"failures", std::move(failures)},
          {"rewinds", sum_of(all, "rewinds")},
          {"rates", std::move(rates)},
          {"instances", instances_in(all)}};
}

json view_json(const std::string& name, const std::vector<said_there>& all) {
  static constexpr std::array<std::string_view, 6> states{"failed",     "disconnected", "recovering",
                                                          "connecting", "running",      "idle"};
  const auto says_why = [](const auto& s) { return !text_of(*s.what, "reason").empty(); };
  const auto why = std::ranges::find_if(all, says_why);
  joined_number lag{joined_by::worst};
  for (const auto& s : all) lag.add(find_value(*s.what, "lag"));
  return {
      {"view", name},
      {"table", text_of(*all.front().what, "table")},
      {"state", state_of(all, states)},
      {"reason", why == all.end() ? json(nullptr) : json(label_of(*why->at) + ": " + text_of(*why->what, "reason"))},
      {"uptime_seconds", largest_of(all, "uptime_seconds", 0)},
      {"rows", largest_of(all, "rows", 0)},
      {"bytes", largest_of(all, "bytes", 0)},
      {"lag", short_number(lag.get())},
      {"rates", joined_rates(all, view_joins)},
      {"instances", instances_in(all)}};
}

json instance_json(const said& i) {
  return {{"instance", text_or_null(i.by.address)},
          {"name", text_or_null(text_of(i.body, "instance"))},
          {"self", i.by.self},
          {"version", value_of(i.body, "version")},
          {"uptime_seconds", value_of(i.body, "uptime_seconds")},
          {"healthy", value_of(i.body, "healthy") == true},
          {"ready", value_of(i.body, "ready") == true}};
}

}  // namespace

json cluster_summary_json(const std::vector<instance_answer>& answers) {
  const auto all = read_all(answers);
  json instances = json::array();
  std::vector<said_there> heard;
  std::map<std::string, json> versions;
  std::map<std::string, bool> tables;
  for (const auto& i : all) {
    if (!i.readable) continue;
    heard.push_back({&i, &i.body});
    instances.push_back(instance_json(i));
    auto& those = versions[text_of(i.body, "version")];
    if (those.is_null()) those = json::array();
    those.push_back(label_of(i));
    for (const auto& t : list_of(i.body, "tables")) {
      if (t.is_string()) tables[t.get<std::string>()] = true;
    }
  }
  json processors = json::array();
  std::vector<said_there> running;
  for (const auto& [group, by] : gathered(all, "processors", "group")) {
    processors.push_back(processor_json(group, by));
    running.insert(running.end(), by.begin(), by.end());
  }
  json views = json::array();
  for (const auto& [name, by] : gathered(all, "views", "view")) views.push_back(view_json(name, by));
  auto total = joined_rates(running, processor_joins);
  bucket_counts counts{};
  const bool known = std::ranges::all_of(running, [&](const auto& s) { return add_buckets(counts, s); });
  put_quantiles(total, counts, known);
  json of_versions = json::array();
  for (auto& [version, by] : versions) of_versions.push_back({{"version", version}, {"instances", std::move(by)}});
  json names = json::array();
  for (const auto& [name, there] : tables) names.push_back(name);
  const auto says = [](const char* name) { return [name](const auto& s) { return value_of(*s.what, name) == true; }; };
  return {{"t", heard.empty() ? json(nullptr) : value_of(*heard.front().what, "t")},
          {"uptime_seconds", largest_of(heard, "uptime_seconds", 0)},
          {"healthy", std::ranges::all_of(heard, says("healthy"))},
          {"ready", std::ranges::all_of(heard, says("ready"))},
          {"reasons", lines_of(heard, "reasons")},
          {"versions", std::move(of_versions)},
          {"instances", std::move(instances)},
          {"total", std::move(total)},
          {"processors", std::move(processors)},
          {"views", std::move(views)},
          {"tables", std::move(names)},
          {"missing", missing_of(all)}};
}

}  // namespace corka::query
