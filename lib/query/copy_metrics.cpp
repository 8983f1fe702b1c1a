#include "query/copy_metrics.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace corka::query::samples_of {

namespace {

constexpr const char* since_complete =
    "Time since the local copy was last known to have all there was; asked for every few seconds.";
constexpr const char* until_recovered =
    "How long the recovery will take from now on at the rate so far; 0 once it is done.";

/// A copy of a table that others write, and whose it is.
struct shown_copy {
  const shown& of;
  const copy_status& copy;
};

template <class Get>
void per_copy(exposition& out, const std::vector<shown_copy>& all, const std::string& name, kind k,
              const std::string& help, Get get) {
  out.family(name, k, help);
  for (const auto& [of, c] : all) {
    put(out,
        {{"group", of.status.group}, {"member", of.member}, {"topic", c.topic}, {"partition", number_of(c.partition)}},
        get(c));
  }
}

void copies(exposition& out, const std::vector<shown_copy>& all, const std::string& what, const std::string& of_what,
            bool by_partition) {
  const auto name = "corka_" + what;
  per_copy(out, all, name + "_rows", kind::gauge, "Rows in the local copy of a " + of_what + ".",
           [](const auto& c) { return c.rows; });
  per_copy(out, all, name + "_bytes", kind::gauge, "Bytes used by the local copy of a " + of_what + ".",
           [](const auto& c) { return c.bytes; });
  per_copy(out, all, name + "_current", kind::gauge, "1 while the local copy follows its topic.",
           [](const auto& c) { return std::uint64_t{c.state == copy_state::following}; });
  per_copy(out, all, name + "_lag_records", kind::gauge, "Records that the local copy does not have yet.",
           [](const auto& c) { return c.lag; });
  per_copy(out, all, name + "_lag_seconds", kind::gauge, since_complete,
           [](const auto& c) { return seconds(c.lag_time); });
  // Copies come and go with partitions: their sums would be no counters.
  if (!by_partition) return;
  per_copy(out, all, name + "_position_offset", kind::gauge, "Next offset to be applied to the local copy.",
           [](const auto& c) { return c.position.value; });
  per_copy(out, all, name + "_end_offset", kind::gauge, "High watermark as last heard.",
           [](const auto& c) { return c.end ? std::optional{c.end->value} : std::nullopt; });
  per_copy(out, all, name + "_read_records_total", kind::counter, "Records read, recoveries included.",
           [](const auto& c) { return c.in.records; });
  per_copy(out, all, name + "_read_bytes_total", kind::counter, "Bytes read, recoveries included.",
           [](const auto& c) { return c.in.bytes; });
  per_copy(out, all, name + "_recoveries_total", kind::counter, "How often the local copy was recovered.",
           [](const auto& c) { return c.recoveries; });
  per_copy(out, all, name + "_recovery_remaining_seconds", kind::gauge, until_recovered,
           [](const auto& c) { return c.recovery ? seconds(c.recovery->remaining) : std::nullopt; });
}

template <class Get>
void per_view_copy(exposition& out, const std::vector<view_status>& all, std::string_view name, kind k,
                   std::string_view help, Get get) {
  out.family(name, k, help);
  for (const auto& v : all) {
    for (const auto& c : v.partitions) {
      put(out, {{"view", v.name}, {"topic", v.topic}, {"partition", number_of(c.partition)}}, get(c));
    }
  }
}

}  // namespace

void joins_lookups_and_standbys(exposition& out, const statuses& all, bool by_partition) {
  std::vector<shown_copy> joins;
  std::vector<shown_copy> lookups;
  std::vector<shown_copy> standbys;
  for (const auto& s : all) {
    for (const auto& p : s.status.partitions) {
      for (const auto& j : p.joins) joins.push_back({s, j});
    }
    for (const auto& l : s.status.lookups) {
      for (const auto& c : l.partitions) lookups.push_back({s, c});
    }
    for (const auto& c : s.status.standbys) standbys.push_back({s, c});
  }
  copies(out, joins, "join", "joined table", by_partition);
  copies(out, lookups, "lookup", "looked-up table", by_partition);
  copies(out, standbys, "standby", "table that another member holds", by_partition);
}

void views(exposition& out, const std::vector<view_status>& all, bool by_partition) {
  out.family("corka_view_state", kind::gauge, "The state that a view is in; one of the states is 1.");
  for (const auto& v : all) {
    for (const auto s : {view_state::idle, view_state::connecting, view_state::recovering, view_state::running,
                         view_state::disconnected, view_state::failed}) {
      out.sample({{"view", v.name}, {"topic", v.topic}, {"state", to_string(s)}}, std::uint64_t{v.state == s});
    }
  }
  per_view_copy(out, all, "corka_view_rows", kind::gauge, "Rows in the local copy.",
                [](const auto& c) { return c.rows; });
  per_view_copy(out, all, "corka_view_bytes", kind::gauge, "Bytes used by the local copy.",
                [](const auto& c) { return c.bytes; });
  per_view_copy(out, all, "corka_view_lag_records", kind::gauge, "Records between the position and the end.",
                [](const auto& c) { return c.lag; });
  per_view_copy(out, all, "corka_view_lag_seconds", kind::gauge, since_complete,
                [](const auto& c) { return seconds(c.lag_time); });
  if (!by_partition) return;
  per_view_copy(out, all, "corka_view_position_offset", kind::gauge, "Next offset to be applied.",
                [](const auto& c) { return c.position.value; });
  per_view_copy(out, all, "corka_view_end_offset", kind::gauge, "High watermark as last heard.",
                [](const auto& c) { return c.end ? std::optional{c.end->value} : std::nullopt; });
  per_view_copy(out, all, "corka_view_read_records_total", kind::counter, "Records read, recoveries included.",
                [](const auto& c) { return c.in.records; });
  per_view_copy(out, all, "corka_view_read_bytes_total", kind::counter, "Bytes read, recoveries included.",
                [](const auto& c) { return c.in.bytes; });
  per_view_copy(out, all, "corka_view_changed_rows_total", kind::counter, "Rows changed or erased while following.",
                [](const auto& c) { return c.written; });
  per_view_copy(out, all, "corka_view_recoveries_total", kind::counter,
                "Recoveries, also those that a cut or renewed topic made necessary.",
                [](const auto& c) { return c.recoveries; });
  per_view_copy(out, all, "corka_view_recovery_remaining_seconds", kind::gauge, until_recovered,
                [](const auto& c) { return c.recovery ? seconds(c.recovery->remaining) : std::nullopt; });
}

}  // namespace corka::query::samples_of
