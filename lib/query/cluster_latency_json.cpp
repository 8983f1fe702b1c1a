#include "query/cluster_json.hpp"
#include "query/cluster_said.hpp"
#include "query/status_json.hpp"

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <map>
#include <string>
#include <utility>
#include <vector>

namespace corka::query {

using json = nlohmann::ordered_json;

namespace {

constexpr std::array<const char*, 4> kinds{"callback", "ack", "checkpoint", "end_to_end"};

struct histogram_sum {
  json count = 0;
  json sum = 0;
  json max = nullptr;
  bucket_counts buckets{};
};
struct group_sum {
  std::string group;
  std::size_t instances = 0;
  std::array<histogram_sum, kinds.size()> of{};
};

bool has_our_bounds(const json& body) {
  const auto* const bounds = find_value(body, "bounds_us");
  return bounds != nullptr && *bounds == json(latency_bounds_us);
}

void add_histogram(histogram_sum& to, const json& said) {
  const auto* const buckets = find_value(said, "buckets");
  if (buckets == nullptr || !buckets->is_array() || buckets->size() != to.buckets.size()) return;
  auto packed = json::array({0U});
  packed.insert(packed.end(), buckets->begin(), buckets->end());
  if (!add_packed_buckets(to.buckets, packed)) return;
  add(to.count, value_of(said, "count"));
  add(to.sum, value_of(said, "sum"));
  keep_larger(to.max, value_of(said, "max"));
}

json histogram_json(const histogram_sum& h) {
  const auto quantile = [&](double q) { return rate_or_null(quantile_us(h.buckets, q)); };
  return {{"count", h.count},      {"sum", h.sum}, {"p50", quantile(0.5)}, {"p95", quantile(0.95)},
          {"p99", quantile(0.99)}, {"max", h.max}, {"buckets", h.buckets}};
}

}  // namespace

json cluster_latency_json(const std::vector<instance_answer>& answers) {
  auto all = read_all(answers);
  std::vector<group_sum> groups;
  std::map<std::string, const said*> last;
  auto missing = missing_of(all);
  for (const auto& i : all) {
    if (!i.readable) continue;
    if (!has_our_bounds(i.body)) {
      missing.push_back({{"instance", text_or_null(i.by.address)},
                         {"members", i.by.members},
                         {"groups", i.by.groups},
                         {"why", "it counts by other bounds: it runs another version"}});
      continue;
    }
    for (const auto& p : list_of(i.body, "processors")) {
      if (!p.is_object()) continue;
      const auto name = text_of(p, "group");
      auto known = std::ranges::find(groups, name, &group_sum::group);
      if (known == groups.end()) known = groups.insert(groups.end(), {.group = name});
      // Several processors of a group in one process are one instance.
      if (std::exchange(last[name], &i) != &i) ++known->instances;
      for (std::size_t k = 0; k < kinds.size(); ++k) {
        const auto* const one = find_value(p, kinds[k]);
        if (one != nullptr && one->is_object()) add_histogram(known->of[k], *one);
      }
    }
  }
  json processors = json::array();
  for (const auto& g : groups) {
    json made{{"group", g.group}, {"member", 1}};
    for (std::size_t k = 0; k < kinds.size(); ++k) made[kinds[k]] = histogram_json(g.of[k]);
    made["instances"] = g.instances;
    processors.push_back(std::move(made));
  }
  return {{"bounds_us", latency_bounds_us}, {"processors", std::move(processors)}, {"missing", std::move(missing)}};
}

json cluster_log_json(const std::vector<instance_answer>& answers, std::size_t limit) {
  const auto all = read_all(answers);
  struct entry {
    std::int64_t t;
    std::size_t place;  // equal times stay as they were said
    const said* by;
    const json* what;
  };
  std::vector<entry> entries;
  bool dropped = false;
  for (const auto& i : all) {
    dropped = dropped || value_of(i.body, "dropped") == true;
    const auto* const list = find_value(i.body, "entries");
    if (list == nullptr || !list->is_array()) continue;
    for (const auto& e : *list) {
      if (e.is_object()) entries.push_back({number_of<std::int64_t>(e, "t", 0), entries.size(), &i, &e});
    }
  }
  std::ranges::sort(entries, {}, [](const entry& e) { return std::pair{e.t, e.place}; });
  const auto over = entries.size() - std::min(limit, entries.size());
  dropped = dropped || over > 0;
  json newest = json::array();
  for (auto at = over; at < entries.size(); ++at) {
    json one{{"instance", text_or_null(entries[at].by->by.address)}};
    one.update(*entries[at].what);
    one["instance"] = text_or_null(entries[at].by->by.address);
    newest.push_back(std::move(one));
  }
  return {{"entries", std::move(newest)}, {"dropped", dropped}, {"missing", missing_of(all)}};
}

}  // namespace corka::query
