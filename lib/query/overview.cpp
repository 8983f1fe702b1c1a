#include "query/overview.hpp"

#include "query/health.hpp"
#include "query/history.hpp"
#include "query/monitor.hpp"
#include "query/status_json.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <cstddef>
#include <map>
#include <string>
#include <utility>

namespace corka::query {

using json = nlohmann::ordered_json;

std::string_view program_version() noexcept { return CORKA_VERSION; }

json summary_json(const look& now, const monitor& by, const source& from, bool buckets) {
  const auto* last = by.past().last();
  json processors = json::array();
  for (std::size_t i = 0; i < now.processors.size(); ++i) {
    const bool known = last != nullptr && i < last->processors.size();
    processors.push_back(summary_json(now.processors[i], known ? &last->processors[i].second : nullptr));
    if (known && buckets) processors.back()["rates"] = sample_with_buckets_json(last->processors[i].second);
  }
  json views = json::array();
  for (std::size_t i = 0; i < now.views.size(); ++i) {
    const bool known = last != nullptr && i < last->views.size();
    views.push_back(summary_json(now.views[i], known ? &last->views[i].second : nullptr));
  }
  const auto reasons = unready(now.processors, now.views);
  return {{"version", program_version()},
          {"instance", from.instance()},
          {"t", now.wall_ms},
          {"uptime_seconds", by.uptime_seconds()},
          {"healthy", unhealthy(now.processors, now.views).empty()},
          {"ready", reasons.empty()},
          {"reasons", reasons},
          {"total", last != nullptr ? sample_json(last->total) : json(nullptr)},
          {"processors", std::move(processors)},
          {"views", std::move(views)},
          {"tables", from.tables()}};
}

namespace {

json histogram_json(const processor_status& p, latency_status partition_status::* of) {
  latency_status all;
  for (const auto& partition : p.partitions) {
    const auto& l = partition.*of;
    all.count += l.count;
    all.sum += l.sum;
    all.max = std::max(all.max, l.max);
    for (std::size_t i = 0; i < all.buckets.size(); ++i) all.buckets[i] += l.buckets[i];
  }
  const auto quantile = [&](double q) { return rate_or_null(quantile_us(all.buckets, q)); };
  return {{"count", all.count},    {"sum", all.sum},        {"p50", quantile(0.5)},
          {"p95", quantile(0.95)}, {"p99", quantile(0.99)}, {"max", all.count > 0 ? json(all.max) : json(nullptr)},
          {"buckets", all.buckets}};
}

}  // namespace

json latencies_json(const std::vector<processor_status>& all) {
  json processors = json::array();
  std::map<std::string_view, int> members;
  for (const auto& p : all) {
    processors.push_back({{"group", p.group},
                          {"member", ++members[p.group]},
                          {"callback", histogram_json(p, &partition_status::callback)},
                          {"ack", histogram_json(p, &partition_status::ack)},
                          {"checkpoint", histogram_json(p, &partition_status::checkpoint)},
                          {"end_to_end", histogram_json(p, &partition_status::end_to_end)}});
  }
  return {{"bounds_us", latency_bounds_us}, {"processors", std::move(processors)}};
}

json settings_json(const std::vector<settings_section>& all) {
  json sections = json::array();
  for (const auto& s : all) {
    json settings = json::array();
    for (const auto& one : s.settings) {
      settings.push_back({{"name", one.name}, {"value", or_null(one.value)}, {"masked", one.masked}});
    }
    sections.push_back({{"name", s.name}, {"settings", std::move(settings)}});
  }
  return {{"sections", std::move(sections)}};
}

// Tables.

namespace {

struct table_sums {
  json partitions = json::array();
  json here = json::array();
  std::uint64_t rows = 0;
  std::uint64_t bytes = 0;
  std::optional<double> written;
};

void add(table_sums& to, std::int32_t number, std::uint64_t rows, std::uint64_t bytes,
         const std::optional<double>& written, json partition) {
  to.here.push_back(number);
  to.rows += rows;
  to.bytes += bytes;
  if (written) to.written = to.written.value_or(0) + *written;
  to.partitions.push_back(std::move(partition));
}

json table_partition(const std::string& group, const partition_status& p, const rates& r) {
  const auto& t = *p.table;
  return {{"partition", p.partition},
          {"state", to_string(p.state)},
          {"rows", t.rows},
          {"bytes", t.bytes},
          {"map_bytes", or_null(t.map_bytes)},
          {"dirty_rows", t.dirty_rows},
          {"changelog", t.changelog.value},
          {"end", nullptr},
          {"lag", nullptr},
          {"written_per_second", rate_or_null(r.written(group, p.partition))},
          {"checkpoint_age_seconds", seconds_or_null(t.checkpoint_age)},
          {"oldest_reader", or_null(t.oldest_reader)},
          {"recovery", recovery_json(t.recovery)}};
}

json copied_partition(const copy_status& c, const std::optional<double>& written) {
  return {{"partition", c.partition},
          {"state", to_string(c.state)},
          {"rows", c.rows},
          {"bytes", c.bytes},
          {"map_bytes", nullptr},
          {"dirty_rows", nullptr},
          {"changelog", c.position.value},
          {"end", c.end ? json(c.end->value) : json(nullptr)},
          {"lag", or_null(c.lag)},
          {"written_per_second", rate_or_null(written)},
          {"checkpoint_age_seconds", nullptr},
          {"oldest_reader", nullptr},
          {"recovery", recovery_json(c.recovery)}};
}

}  // namespace

json table_json(const std::string& name, const std::vector<processor_status>& all,
                const std::vector<view_status>& views, const rates& r) {
  table_sums sums;
  std::string group;
  std::string_view kind = "group";
  std::optional<std::int32_t> total;
  for (const auto& p : all) {
    const bool owns = std::ranges::any_of(
        p.edges, [&](const edge_status& e) { return e.what == edge_status::kind::table && e.topic == name; });
    if (owns) {
      group = p.group;
      if (p.partitions_total > 0) total = p.partitions_total;
    }
    for (const auto& partition : p.partitions) {
      if (!partition.table || partition.table->topic != name) continue;
      group = p.group;
      add(sums, partition.partition, partition.table->rows, partition.table->bytes,
          r.written(p.group, partition.partition), table_partition(p.group, partition, r));
    }
  }
  // A view has all of them; the group may know more of its own.
  for (const auto& v : views) {
    if (v.topic != name) continue;
    if (!group.empty() && total && sums.here.size() == static_cast<std::size_t>(*total)) break;
    sums = {};
    kind = "view";
    total = static_cast<std::int32_t>(v.partitions.size());
    for (const auto& c : v.partitions) {
      const auto written = r.view_written(v.name, c.partition);
      add(sums, c.partition, c.rows, c.bytes, written, copied_partition(c, written));
    }
  }
  return {{"table", name},
          {"kind", kind},
          {"group", text_or_null(group)},
          {"partitions_here", std::move(sums.here)},
          {"partitions_total", or_null(total)},
          {"rows", sums.rows},
          {"bytes", sums.bytes},
          {"written_per_second", rate_or_null(sums.written)},
          {"partitions", std::move(sums.partitions)}};
}

json table_summary_json(const std::string& name, const std::vector<processor_status>& all,
                        const std::vector<view_status>& views, const rates& r) {
  auto j = table_json(name, all, views, r);
  j.erase("partitions");
  return j;
}

}  // namespace corka::query
