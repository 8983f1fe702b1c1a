#include "query/metrics.hpp"

#include "query/copy_metrics.hpp"

#include <algorithm>
#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace corka::query {

namespace {

using namespace samples_of;

// One family with a sample per processor, partition, input or table: `value` gives it, or an empty optional for none.

template <class Get>
void per_processor(exposition& out, const statuses& all, std::string_view name, kind k, std::string_view help,
                   Get get) {
  out.family(name, k, help);
  for (const auto& [p, member] : all) put(out, {{"group", p.group}, {"member", member}}, get(p));
}

template <class Each>
void each_partition(const statuses& all, Each each) {
  for (const auto& s : all) {
    for (const auto& partition : s.status.partitions) each(s, partition, number_of(partition.partition));
  }
}

template <class Get>
void per_partition(exposition& out, const statuses& all, std::string_view name, kind k, std::string_view help,
                   Get get) {
  out.family(name, k, help);
  each_partition(all, [&](const shown& s, const partition_status& p, const std::string& number) {
    put(out, {{"group", s.status.group}, {"member", s.member}, {"partition", number}}, get(p));
  });
}

template <class Get>
void per_input(exposition& out, const statuses& all, std::string_view name, kind k, std::string_view help, Get get) {
  out.family(name, k, help);
  each_partition(all, [&](const shown& s, const partition_status& p, const std::string& number) {
    for (const auto& i : p.inputs) {
      put(out, {{"group", s.status.group}, {"member", s.member}, {"topic", i.topic}, {"partition", number}}, get(i));
    }
  });
}

template <class Get>
void per_table(exposition& out, const statuses& all, std::string_view name, kind k, std::string_view help, Get get) {
  out.family(name, k, help);
  each_partition(all, [&](const shown& s, const partition_status& p, const std::string& number) {
    if (p.table)
      put(out, {{"group", s.status.group}, {"member", s.member}, {"topic", p.table->topic}, {"partition", number}},
          get(*p.table));
  });
}

void processors(exposition& out, const statuses& all) {
  out.family("corka_processor_state", kind::gauge, "The state that a processor is in; one of the states is 1.");
  for (const auto& [p, member] : all) {
    for (const auto s : {processor_state::idle, processor_state::starting, processor_state::running,
                         processor_state::stopping, processor_state::failed}) {
      out.sample({{"group", p.group}, {"member", member}, {"state", to_string(s)}}, std::uint64_t{p.state == s});
    }
  }
  per_processor(out, all, "corka_processor_connected", kind::gauge, "1 while the brokers answer.",
                [](const auto& p) { return std::uint64_t{p.connected}; });
  per_processor(out, all, "corka_processor_uptime_seconds", kind::gauge, "Time since the processor was started.",
                [](const auto& p) { return static_cast<std::int64_t>(p.uptime.count()); });
  per_processor(out, all, "corka_processor_rebalances_total", kind::counter,
                "Changes of the group that were taken part in.", [](const auto& p) { return p.rebalances; });
  per_processor(out, all, "corka_processor_partitions", kind::gauge, "Partitions that this process has.",
                [](const auto& p) { return std::uint64_t{p.partitions.size()}; });
  out.family("corka_processor_partitions_by_state", kind::gauge, "Partitions that this process has in each state.");
  for (const auto& [p, member] : all) {
    for (const auto s :
         {partition_state::recovering, partition_state::running, partition_state::draining, partition_state::failed}) {
      out.sample({{"group", p.group}, {"member", member}, {"state", to_string(s)}},
                 static_cast<std::uint64_t>(std::ranges::count(p.partitions, s, &partition_status::state)));
    }
  }
  per_processor(out, all, "corka_processor_problems", kind::gauge, "What is wrong and does not end the processor.",
                [](const auto& p) { return std::uint64_t{p.problems.size()}; });
  per_processor(out, all, "corka_processor_running_visits", kind::gauge, "Visits under way.",
                [](const auto& p) { return std::uint64_t{p.visits.size()}; });
  per_processor(out, all, "corka_processor_visit_remaining_rows", kind::gauge,
                "Rows that running visits have before them.", [](const auto& p) {
                  std::uint64_t left = 0;
                  for (const auto& v : p.visits) left += v.progress.rows_left;
                  return left;
                });
  per_processor(out, all, "corka_group_partitions", kind::gauge, "Partitions of the group's inputs, in all processes.",
                [](const auto& p) { return std::int64_t{p.partitions_total}; });
}

void partition_states(exposition& out, const statuses& all) {
  out.family("corka_partition_state", kind::gauge, "The state that a partition is in; one of the states is 1.");
  each_partition(all, [&](const shown& s, const partition_status& p, const std::string& number) {
    for (const auto state :
         {partition_state::recovering, partition_state::running, partition_state::draining, partition_state::failed}) {
      out.sample({{"group", s.status.group}, {"member", s.member}, {"partition", number}, {"state", to_string(state)}},
                 std::uint64_t{p.state == state});
    }
  });
}

void partitions(exposition& out, const statuses& all) {
  per_partition(out, all, "corka_rewinds_total", kind::counter,
                "How often partitions went back to their last commits and began again.",
                [](const auto& p) { return p.rewinds; });
  per_partition(out, all, "corka_in_flight_records", kind::gauge,
                "Sends that are not acknowledged, and deferred records.", [](const auto& p) { return p.in_flight; });
  per_partition(out, all, "corka_running_callbacks", kind::gauge, "Callbacks under way in groups with concurrency.",
                [](const auto& p) { return p.running; });
  per_partition(out, all, "corka_deferred_records", kind::gauge, "Handles of ctx.defer() that are not completed.",
                [](const auto& p) { return p.deferred; });
  per_partition(out, all, "corka_failures_total", kind::counter,
                "Failures of callbacks, decoding and deliveries; one record may fail several times.",
                [](const auto& p) { return p.failures.failed; });
  per_partition(out, all, "corka_retries_total", kind::counter, "Calls of callbacks that had failed before.",
                [](const auto& p) { return p.failures.retried; });
  per_partition(out, all, "corka_skipped_records_total", kind::counter, "Failing records that were passed over.",
                [](const auto& p) { return p.failures.skipped; });
  per_partition(out, all, "corka_dead_letters_total", kind::counter, "Failing records that were put aside.",
                [](const auto& p) { return p.failures.dead_lettered; });
  per_partition(out, all, "corka_emitted_records_total", kind::counter, "Records emitted since the assignment.",
                [](const auto& p) { return p.emitted.records; });
  per_partition(out, all, "corka_emitted_bytes_total", kind::counter, "Bytes emitted since the assignment.",
                [](const auto& p) { return p.emitted.bytes; });
}

void outputs(exposition& out, const statuses& all) {
  const auto each = [&](auto get) {
    each_partition(all, [&](const shown& s, const partition_status& p, const std::string& number) {
      for (const auto& o : p.outputs) {
        out.sample({{"group", s.status.group}, {"member", s.member}, {"topic", o.topic}, {"partition", number}},
                   get(o));
      }
    });
  };
  out.family("corka_output_records_total", kind::counter, "Records emitted to one topic since the assignment.");
  each([](const output_status& o) { return o.out.records; });
  out.family("corka_output_bytes_total", kind::counter, "Bytes emitted to one topic since the assignment.");
  each([](const output_status& o) { return o.out.bytes; });
}

void input_offsets(exposition& out, const statuses& all) {
  per_input(out, all, "corka_input_processed_offset", kind::gauge, "Next offset to be given to a callback.",
            [](const auto& i) { return i.processed.value; });
  per_input(out, all, "corka_input_committed_offset", kind::gauge, "Offset committed to the group.",
            [](const auto& i) { return i.committed.value; });
  per_input(out, all, "corka_input_end_offset", kind::gauge, "High watermark as last heard.",
            [](const auto& i) { return i.end ? std::optional{i.end->value} : std::nullopt; });
}

void inputs(exposition& out, const statuses& all) {
  per_input(out, all, "corka_input_records_total", kind::counter, "Records read since the assignment.",
            [](const auto& i) { return i.in.records; });
  per_input(out, all, "corka_input_bytes_total", kind::counter, "Bytes read since the assignment.",
            [](const auto& i) { return i.in.bytes; });
  per_input(out, all, "corka_input_lag_records", kind::gauge, "Records between the committed offset and the end.",
            [](const auto& i) { return i.lag; });
  per_input(out, all, "corka_input_lag_seconds", kind::gauge,
            "Age of the record that is processed, or was the last, where others wait behind it; 0 where none does.",
            [](const auto& i) { return seconds(i.lag_time); });
  per_input(out, all, "corka_loop_retention_seconds", kind::gauge,
            "How long the loop's records are kept: a larger lag loses them.",
            [](const auto& i) { return seconds(i.retention); });
  per_input(out, all, "corka_loop_retention_used_ratio", kind::gauge,
            "The loop's lag against its retention: at 1 records are lost unprocessed.", [](const auto& i) {
              const bool known = i.lag_time && i.retention;
              return known ? std::optional{*seconds(i.lag_time) / *seconds(i.retention)} : std::nullopt;
            });
}

void table_offsets(exposition& out, const statuses& all) {
  per_table(out, all, "corka_table_changelog_offset", kind::gauge,
            "Next changelog offset that the local copy does not have.",
            [](const auto& t) { return t.changelog.value; });
  per_table(out, all, "corka_table_recovery_position_offset", kind::gauge, "Where the last recovery stands, or ended.",
            [](const auto& t) { return t.recovery ? std::optional{t.recovery->position.value} : std::nullopt; });
  per_table(out, all, "corka_table_recovery_end_offset", kind::gauge, "Where the last recovery ends, or ended.",
            [](const auto& t) { return t.recovery ? std::optional{t.recovery->end.value} : std::nullopt; });
  per_table(out, all, "corka_table_recovery_remaining_seconds", kind::gauge,
            "How long the recovery will take from now on at the rate so far; 0 once it is done.",
            [](const auto& t) { return t.recovery ? seconds(t.recovery->remaining) : std::nullopt; });
}

void tables(exposition& out, const statuses& all) {
  per_table(out, all, "corka_table_rows", kind::gauge, "Rows in the local copy, as of the last checkpoint.",
            [](const auto& t) { return t.rows; });
  per_table(out, all, "corka_table_bytes", kind::gauge, "Bytes used by the local copy.",
            [](const auto& t) { return t.bytes; });
  per_table(out, all, "corka_table_dirty_rows", kind::gauge, "Rows written and not yet in the local copy.",
            [](const auto& t) { return t.dirty_rows; });
  per_table(out, all, "corka_table_map_bytes", kind::gauge, "Address space that the store has now; it grows with it.",
            [](const auto& t) { return t.map_bytes; });
  per_table(out, all, "corka_table_checkpoint_age_seconds", kind::gauge,
            "Time since the last checkpoint that wrote rows.", [](const auto& t) { return seconds(t.checkpoint_age); });
  per_table(
      out, all, "corka_table_oldest_reader_checkpoints", kind::gauge,
      "Checkpoints that the oldest reader of the local copy does not see: it keeps their room from being used again.",
      [](const auto& t) { return t.oldest_reader; });
  per_table(out, all, "corka_table_written_records_total", kind::counter, "Records written to the changelog.",
            [](const auto& t) { return t.written.records; });
  per_table(out, all, "corka_table_written_bytes_total", kind::counter, "Bytes written to the changelog.",
            [](const auto& t) { return t.written.bytes; });
}

/// Of whole groups: a histogram of each partition would be too many samples to be of use.
void latency(exposition& out, const statuses& all, const totals& sums, const std::string& what, std::string_view help,
             latency_status partition_status::* member) {
  constexpr double second = 1e6;  // in the status's microseconds
  std::array<double, latency_bounds_us.size()> bounds{};
  for (std::size_t i = 0; i < bounds.size(); ++i) bounds[i] = latency_bounds_us[i] / second;
  out.family("corka_" + what + "_latency_seconds", kind::histogram, help);
  for (std::size_t i = 0; i < all.size(); ++i) {
    const auto& l = sums.of(i).*member;
    out.histogram({{"group", all[i].status.group}, {"member", all[i].member}}, bounds, l.buckets, l.sum / second);
  }
}

}  // namespace

std::string metrics_text(const std::vector<processor_status>& given, const std::vector<view_status>& seen,
                         std::string_view version, const totals& sums, const metrics_options& options) {
  statuses all;
  statuses each;
  std::vector<processor_status> merged_processors;
  merged_processors.reserve(given.size());
  std::map<std::string_view, int> members;
  for (std::size_t i = 0; i < given.size(); ++i) {
    const auto& p = given[i];
    const int member = ++members[p.group];
    all.push_back({p, member > 1 ? std::to_string(member) : ""});
    if (!options.partitions) merged_processors.push_back(sums.merged(p, i));
    each.push_back({options.partitions ? p : merged_processors.back(), all.back().member});
  }
  auto all_views = seen;
  if (!options.partitions) {
    for (auto& v : all_views) v.partitions = merged(v.partitions);
  }
  exposition out{options.format};
  out.family("corka_build_info", kind::gauge, "The version of corka, always 1.");
  out.sample({{"version", version}}, std::uint64_t{1});
  processors(out, all);
  if (options.partitions) {
    partition_states(out, all);
    input_offsets(out, all);
    table_offsets(out, all);
  }
  partitions(out, each);
  inputs(out, each);
  outputs(out, each);
  tables(out, each);
  joins_lookups_and_standbys(out, each, options.partitions);
  views(out, all_views, options.partitions);
  latency(out, all, sums, "callback", "How long callbacks take; one of 16 plain ones is timed.",
          &partition_status::callback);
  latency(out, all, sums, "ack", "How long acknowledgements take; one send at a time is timed.",
          &partition_status::ack);
  latency(out, all, sums, "checkpoint", "How long checkpoints take.", &partition_status::checkpoint);
  latency(out, all, sums, "end_to_end",
          "Time from a record's timestamp to the end of its callback; one record a batch is looked at.",
          &partition_status::end_to_end);
  return out.take();
}

}  // namespace corka::query
