#include "query/cluster_json.hpp"
#include "query/cluster_said.hpp"
#include "query/cluster_sums.hpp"
#include "query/status_json.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace corka::query {

using json = nlohmann::ordered_json;

namespace {

/// Columns of one thing at one instance, and where in them each step of the whole is.
struct columns_there {
  const json* columns;
  const std::vector<std::optional<std::size_t>>* at;
};

std::vector<std::int64_t> times_of(const json& body) {
  std::vector<std::int64_t> times;
  const auto* const found = find_value(body, "t");
  if (found == nullptr || !found->is_array()) return times;
  for (const auto& t : *found) times.push_back(t.is_number_integer() ? t.get<std::int64_t>() : 0);
  // Whoever has them in another order, or says what is no time, is not understood.
  const bool rising = std::ranges::is_sorted(times) && (times.empty() || times.front() > 0);
  if (!rising || times.size() > history::kept) times.clear();
  return times;
}

/// For each of `wanted` the nearest of `times`: half a step away at most, and a little more, as steps are not all as
/// long.
std::vector<std::optional<std::size_t>> nearest(const std::vector<std::int64_t>& wanted,
                                                const std::vector<std::int64_t>& times, std::int64_t step_ms) {
  std::vector<std::optional<std::size_t>> at;
  std::size_t i = 0;
  for (const auto t : wanted) {
    while (i + 1 < times.size() && std::abs(times[i + 1] - t) <= std::abs(times[i] - t)) ++i;
    if (i < times.size() && std::abs(times[i] - t) <= step_ms * 3 / 4) at.emplace_back(i);
    else at.emplace_back();
  }
  return at;
}

const json* cell(const columns_there& of, const char* name, std::size_t step) {
  const auto row = (*of.at)[step];
  const auto* const column = row ? find_value(*of.columns, name) : nullptr;
  return column != nullptr && column->is_array() && *row < column->size() ? &(*column)[*row] : nullptr;
}

/// In which steps those who were there had all partitions: who came later has nothing to add. All are as many as there
/// ever were at one time.
std::vector<bool> covered(const std::vector<columns_there>& all, std::size_t steps) {
  std::vector<double> held(steps, 0);
  for (std::size_t s = 0; s < steps; ++s) {
    for (const auto& of : all) {
      const auto* const n = cell(of, "partitions", s);
      if (n != nullptr && n->is_number()) held[s] += n->get<double>();
    }
  }
  const double most = steps == 0 ? 0 : std::ranges::max(held);
  std::vector<bool> whole(steps);
  for (std::size_t s = 0; s < steps; ++s) whole[s] = most > 0 && held[s] >= most;
  return whole;
}

/// Whether step `s` counts for `of`: it was there, or its part is missed.
bool counts(const columns_there& of, const std::vector<bool>& whole, std::size_t s) { return (*of.at)[s] || !whole[s]; }

using list_of_names = std::optional<std::vector<std::string_view>>;

bool wants(const list_of_names& wanted, std::string_view name) {
  return !wanted || std::ranges::find(*wanted, name) != wanted->end();
}

template <std::size_t N>
json joined_columns(const std::vector<columns_there>& all, const std::array<joined_field, N>& fields,
                    const std::vector<bool>& whole, const list_of_names& wanted, std::optional<int> digits) {
  auto made = json::object();
  for (const auto& f : fields) {
    if (!wants(wanted, f.name)) continue;
    auto column = json::array();
    for (std::size_t s = 0; s < whole.size(); ++s) {
      joined_number n{f.how};
      for (const auto& of : all) {
        if (!counts(of, whole, s)) continue;
        // Who does not know what was then does not know how large it was, either.
        if ((*of.at)[s]) n.add(cell(of, f.name, s));
        else n.unknown();
      }
      column.push_back(short_number(n.get(), digits));
    }
    made[f.name] = std::move(column);
  }
  return made;
}

void put_quantile(json& into, const std::vector<columns_there>& all, const std::vector<bool>& whole, double q,
                  std::optional<int> digits) {
  for (std::size_t s = 0; s < whole.size(); ++s) {
    bucket_counts sum{};
    const bool known = std::ranges::all_of(all, [&](const auto& of) {
      if (!counts(of, whole, s)) return true;
      const auto* const packed = cell(of, "callback_buckets", s);
      return packed != nullptr && add_packed_buckets(sum, *packed);
    });
    into.push_back(short_number(known ? quantile_us(sum, q) : std::nullopt, digits));
  }
}

json joined_processor(const std::vector<columns_there>& all, std::size_t steps, const list_of_names& wanted,
                      std::optional<int> digits) {
  const auto whole = covered(all, steps);
  auto made = joined_columns(all, processor_joins, whole, wanted, digits);
  for (const auto& [name, q] : {std::pair{"callback_p50_us", 0.5}, std::pair{"callback_p99_us", 0.99}}) {
    if (wants(wanted, name)) put_quantile(made[name] = json::array(), all, whole, q, digits);
  }
  return made;
}

/// The group of "planes#2", the second processor of planes in one process.
std::string group_of(const std::string& name, const json& among) {
  const auto mark = name.rfind('#');
  if (mark == std::string::npos) return name;
  auto group = name.substr(0, mark);
  return among.contains(group) ? group : name;
}

using columns_by_name = std::vector<std::pair<std::string, std::vector<columns_there>>>;

void add_columns(columns_by_name& to, const json& body, const char* what,
                 const std::vector<std::optional<std::size_t>>& at) {
  const auto* const named = find_value(body, what);
  if (named == nullptr || !named->is_object()) return;
  for (const auto& [name, columns] : named->items()) {
    if (!columns.is_object()) continue;
    const auto group = group_of(name, *named);
    auto known = std::ranges::find(to, group, [](const auto& c) { return c.first; });
    if (known == to.end()) known = to.insert(to.end(), {group, {}});
    known->second.push_back({&columns, &at});
  }
}

}  // namespace

json cluster_history_json(const std::vector<instance_answer>& answers, const history_wish& wish) {
  const auto all = read_all(answers);
  std::vector<std::int64_t> times;
  std::vector<std::vector<std::optional<std::size_t>>> at(all.size());
  columns_by_name processors;
  columns_by_name views;
  std::vector<columns_there> totals;
  json instances = json::array();
  for (std::size_t i = 0; i < all.size(); ++i) {
    const auto& body = all[i].body;
    const auto own = times_of(body);
    if (times.empty()) times = own;
    if (!all[i].readable) continue;
    at[i] = nearest(times, own, static_cast<std::int64_t>(wish.step) * 1'000);
    add_columns(processors, body, "processors", at[i]);
    add_columns(views, body, "views", at[i]);
    const auto* const total = find_value(body, "total");
    // One that only serves HTTP has no part in it.
    const auto* const some = find_value(body, "processors");
    const bool works = some != nullptr && some->is_object() && !some->empty();
    if (works && total != nullptr && total->is_object()) totals.push_back({total, &at[i]});
    instances.push_back({{"instance", text_or_null(all[i].by.address)},
                         {"self", all[i].by.self},
                         {"since", own.empty() ? json(nullptr) : json(own.front())}});
  }
  const auto steps = times.size();
  json by_group = json::object();
  for (const auto& [group, of] : processors)
    by_group[group] = joined_processor(of, steps, wish.processors, wish.digits);
  json by_view = json::object();
  const std::vector<bool> never(steps);
  for (const auto& [name, of] : views) by_view[name] = joined_columns(of, view_joins, never, wish.views, wish.digits);
  auto total = joined_processor(totals, steps, wish.total, wish.digits);
  return {{"step_seconds", wish.step},         {"t", std::move(times)},       {"total", std::move(total)},
          {"processors", std::move(by_group)}, {"views", std::move(by_view)}, {"instances", std::move(instances)},
          {"missing", missing_of(all)}};
}

}  // namespace corka::query
