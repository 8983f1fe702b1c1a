#include "query/metrics.hpp"
#include "query/exposition.hpp"
#include "support/fake_source.hpp"
#include "support/prometheus_text.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <string>
#include <string_view>
#include <vector>

using namespace corka;
using test::read_prometheus;

namespace {

// The one sample whose labels include these; NaN if there is none.
double value(const std::map<std::string, test::prometheus_family>& all, const std::string& family,
             const std::map<std::string, std::string>& labels) {
  const auto found = all.find(family);
  if (found == all.end()) return std::numeric_limits<double>::quiet_NaN();
  for (const auto& s : found->second.samples) {
    if (std::includes(s.labels.begin(), s.labels.end(), labels.begin(), labels.end())) return s.value;
  }
  return std::numeric_limits<double>::quiet_NaN();
}

query::totals totals_of(const std::vector<processor_status>& all) {
  query::totals sums;
  sums.add(nullptr, {{}, 0, all, {}});
  return sums;
}

std::string text_of(const std::vector<processor_status>& all, const std::vector<view_status>& views,
                    std::string_view version, const query::metrics_options& how = {}) {
  return query::metrics_text(all, views, version, totals_of(all), how);
}

}  // namespace

TEST_CASE("exposition: whatever is in names and help survives") {
  query::exposition out;
  const std::string odd = "a\"b\\c\nd{e}=,f # HELP \xc3\xa9";
  out.family("corka_odd_things", query::exposition::kind::gauge, odd);
  out.sample({{"group", odd}, {"topic", ""}}, std::int64_t{-5});
  out.sample({{"group", "plain"}}, 0.25);
  out.sample({}, std::numeric_limits<std::uint64_t>::max());
  out.family("corka_empty_total", query::exposition::kind::counter, "Without samples.");
  out.family("corka_limits", query::exposition::kind::gauge, "At the edge.");
  out.sample({{"v", "nan"}}, std::nan(""));
  out.sample({{"v", "inf"}}, std::numeric_limits<double>::infinity());
  out.sample({{"v", "tiny"}}, 1e-300);

  const auto all = read_prometheus(out.take());
  REQUIRE(all.size() == 2);
  const auto& odd_family = all.at("corka_odd_things");
  CHECK(odd_family.help == odd);
  CHECK(odd_family.samples.at(0).labels.at("group") == odd);
  CHECK(odd_family.samples.at(0).labels.count("topic") == 0);  // an empty value means none
  CHECK(odd_family.samples.at(0).value == -5);
  CHECK(odd_family.samples.at(2).value == doctest::Approx(1.8446744073709552e19));
  CHECK(std::isinf(value(all, "corka_limits", {{"v", "inf"}})));
  CHECK(value(all, "corka_limits", {{"v", "tiny"}}) == 1e-300);
}

TEST_CASE("metrics: everything in the status is there, by group, topic and partition") {
  std::vector<processor_status> status{test::some_processor("planes", 2), test::some_processor("carriers", 1)};
  status[1].state = processor_state::failed;
  const auto all = read_prometheus(text_of(status, {}, "1.2.3"));
  for (const auto& [name, family] : all) {
    CAPTURE(name);
    CHECK(name.starts_with("corka_"));
    CHECK_FALSE(family.help.empty());
    CHECK_FALSE(family.samples.empty());
  }
  CHECK(value(all, "corka_build_info", {{"version", "1.2.3"}}) == 1);
  CHECK(value(all, "corka_processor_state", {{"group", "planes"}, {"state", "running"}}) == 1);
  CHECK(value(all, "corka_processor_state", {{"group", "carriers"}, {"state", "running"}}) == 0);
  CHECK(value(all, "corka_processor_state", {{"group", "carriers"}, {"state", "failed"}}) == 1);
  CHECK(value(all, "corka_processor_uptime_seconds", {{"group", "planes"}}) == 75);
  CHECK(value(all, "corka_processor_rebalances_total", {{"group", "planes"}}) == 1);
  CHECK(value(all, "corka_processor_partitions", {{"group", "planes"}}) == 2);
  CHECK(value(all, "corka_partition_state", {{"group", "planes"}, {"partition", "1"}, {"state", "running"}}) == 1);
  const std::map<std::string, std::string> input{{"group", "planes"}, {"topic", "flights"}, {"partition", "1"}};
  CHECK(value(all, "corka_input_records_total", input) == 110);
  CHECK(value(all, "corka_input_bytes_total", input) == 11'000);
  CHECK(value(all, "corka_input_processed_offset", input) == 110);
  CHECK(value(all, "corka_input_committed_offset", input) == 100);
  CHECK(value(all, "corka_input_end_offset", input) == 120);
  CHECK(value(all, "corka_input_lag_records", input) == 20);
  CHECK(value(all, "corka_input_lag_seconds", input) == 1.5);
  const std::map<std::string, std::string> table{{"group", "planes"}, {"topic", "planes-table"}, {"partition", "0"}};
  CHECK(value(all, "corka_table_rows", table) == 50);
  CHECK(value(all, "corka_table_bytes", table) == 65'536);
  CHECK(value(all, "corka_table_dirty_rows", table) == 3);
  CHECK(value(all, "corka_table_changelog_offset", table) == 200);
  CHECK(value(all, "corka_table_written_records_total", table) == 110);
  CHECK(value(all, "corka_table_written_bytes_total", table) == 5'500);
  CHECK(value(all, "corka_in_flight_records", {{"group", "planes"}, {"partition", "0"}}) == 4);
  CHECK(value(all, "corka_running_callbacks", {{"group", "planes"}, {"partition", "0"}}) == 11);
  CHECK(value(all, "corka_deferred_records", {{"group", "planes"}, {"partition", "0"}}) == 12);
  CHECK(value(all, "corka_failures_total", {{"group", "planes"}, {"partition", "0"}}) == 13);
  CHECK(value(all, "corka_retries_total", {{"group", "planes"}, {"partition", "0"}}) == 14);
  CHECK(value(all, "corka_skipped_records_total", {{"group", "planes"}, {"partition", "0"}}) == 15);
  CHECK(value(all, "corka_dead_letters_total", {{"group", "planes"}, {"partition", "0"}}) == 16);
  CHECK(value(all, "corka_emitted_records_total", {{"group", "planes"}, {"partition", "0"}}) == 220);
  CHECK(value(all, "corka_processor_partitions_by_state", {{"group", "planes"}, {"state", "running"}}) == 2);
  CHECK(value(all, "corka_rewinds_total", {{"group", "planes"}, {"partition", "1"}}) == 0);
}

TEST_CASE("metrics: copies of joined and looked-up tables are there, by topic and partition") {
  auto p = test::some_processor("planes", 2);
  for (auto& partition : p.partitions) partition.joins.push_back(test::some_copy("aircraft", partition.partition));
  p.lookups.emplace_back().partitions = {test::some_copy("airlines", 0)};
  p.lookups[0].partitions[0].lag.reset();
  const auto all = read_prometheus(text_of({p}, {}, "1"));
  const std::map<std::string, std::string> join{{"group", "planes"}, {"topic", "aircraft"}, {"partition", "1"}};
  CHECK(value(all, "corka_join_rows", join) == 30);
  CHECK(value(all, "corka_join_bytes", join) == 4'096);
  CHECK(value(all, "corka_join_current", join) == 1);
  CHECK(value(all, "corka_join_position_offset", join) == 95);
  CHECK(value(all, "corka_join_end_offset", join) == 100);
  CHECK(value(all, "corka_join_lag_records", join) == 5);
  CHECK(value(all, "corka_join_lag_seconds", join) == 2.5);
  CHECK(value(all, "corka_join_recovery_remaining_seconds", join) == 0);
  CHECK(value(all, "corka_join_read_records_total", join) == 40);
  CHECK(value(all, "corka_join_read_bytes_total", join) == 4'000);
  CHECK(value(all, "corka_join_recoveries_total", join) == 1);
  CHECK(all.at("corka_join_rows").samples.size() == 2);
  CHECK(value(all, "corka_lookup_rows", {{"topic", "airlines"}, {"partition", "0"}}) == 30);
  CHECK(all.count("corka_lookup_lag_records") == 0);
}

TEST_CASE("metrics: a loop's lag is shown against its retention, a recovery with the time it will take") {
  auto p = test::some_processor("planes", 1);
  p.partitions[0].inputs[0].retention = std::chrono::seconds{6};
  p.partitions[0].table->recovery = recovery_status{};
  p.partitions[0].table->recovery->remaining = std::chrono::milliseconds{2'500};
  const auto all = read_prometheus(text_of({p}, {}, "1"));
  CHECK(value(all, "corka_loop_retention_seconds", {{"topic", "flights"}}) == 6);
  CHECK(value(all, "corka_loop_retention_used_ratio", {{"topic", "flights"}}) == 0.25);
  CHECK(value(all, "corka_table_recovery_remaining_seconds", {{"partition", "0"}}) == 2.5);
}

TEST_CASE("metrics: what is unknown has no sample, which zero would have") {
  auto p = test::some_processor("planes", 1);
  p.partitions[0].inputs[0].end.reset();
  p.partitions[0].inputs[0].lag.reset();
  p.partitions[0].inputs[0].lag_time.reset();
  p.partitions[0].table.reset();
  const auto all = read_prometheus(text_of({p}, {}, "1"));
  CHECK(all.count("corka_input_lag_records") == 0);
  CHECK(all.count("corka_input_lag_seconds") == 0);
  CHECK(all.count("corka_loop_retention_used_ratio") == 0);
  CHECK(all.count("corka_input_end_offset") == 0);
  CHECK(all.count("corka_table_rows") == 0);
  CHECK(all.count("corka_table_map_bytes") == 0);
  CHECK(all.count("corka_table_checkpoint_age_seconds") == 0);
  CHECK(all.count("corka_table_oldest_reader_checkpoints") == 0);
  CHECK(all.at("corka_input_committed_offset").samples.size() == 1);
}

TEST_CASE("metrics: several processors of one group are told apart, also while a partition moves between them") {
  const auto all =
      read_prometheus(text_of({test::some_processor("planes", 2), test::some_processor("planes", 1)}, {}, "1"));
  CHECK(all.at("corka_processor_uptime_seconds").samples.size() == 2);
  CHECK(all.at("corka_table_rows").samples.size() == 3);
  CHECK(value(all, "corka_table_rows", {{"group", "planes"}, {"member", "2"}, {"partition", "0"}}) == 50);
}

TEST_CASE("metrics: views are there by name, table and partition") {
  auto unknown = test::some_view("planes", 1);
  unknown.partitions[0].end.reset();
  unknown.partitions[0].lag.reset();
  const auto all = read_prometheus(text_of({}, {test::some_view("users", 2), unknown}, "1"));
  CHECK(value(all, "corka_view_state", {{"view", "view-users"}, {"state", "running"}}) == 1);
  CHECK(value(all, "corka_view_state", {{"view", "view-users"}, {"state", "failed"}}) == 0);
  CHECK(value(all, "corka_view_rows", {{"topic", "users"}, {"partition", "1"}}) == 40);
  CHECK(value(all, "corka_view_bytes", {{"topic", "users"}, {"partition", "1"}}) == 4'096);
  CHECK(value(all, "corka_view_position_offset", {{"topic", "users"}, {"partition", "1"}}) == 95);
  CHECK(value(all, "corka_view_end_offset", {{"topic", "users"}, {"partition", "1"}}) == 100);
  CHECK(value(all, "corka_view_lag_records", {{"topic", "users"}, {"partition", "1"}}) == 5);
  CHECK(value(all, "corka_view_lag_seconds", {{"topic", "users"}, {"partition", "1"}}) == 1.5);
  CHECK(value(all, "corka_view_read_records_total", {{"topic", "users"}, {"partition", "1"}}) == 95);
  CHECK(value(all, "corka_view_read_bytes_total", {{"topic", "users"}, {"partition", "1"}}) == 950);
  CHECK(value(all, "corka_view_changed_rows_total", {{"topic", "users"}, {"partition", "1"}}) == 20);
  CHECK(value(all, "corka_view_recoveries_total", {{"topic", "users"}, {"partition", "1"}}) == 1);
  CHECK(std::isnan(value(all, "corka_view_lag_records", {{"topic", "planes"}})));
}

TEST_CASE("metrics: a program without processors has valid ones too") {
  CHECK(read_prometheus(text_of({}, {}, "1")).size() == 1);
}

TEST_CASE("metrics: latencies are histograms of whole groups") {
  auto p = test::some_processor("planes", 2);
  for (auto& partition : p.partitions) {
    partition.callback = {};
    partition.callback.count = 3;
    partition.callback.sum = 10;
    partition.callback.buckets[0] = 2;
    partition.callback.buckets[2] = 1;
  }
  const auto all = read_prometheus(text_of({p}, {}, "1"));
  CHECK(all.at("corka_callback_latency_seconds").type == "histogram");
  const auto of = [&](std::map<std::string, std::string> labels) {
    labels["group"] = "planes";
    return value(all, "corka_callback_latency_seconds", labels);
  };
  CHECK(of({{"__suffix__", "_bucket"}, {"le", "1e-06"}}) == 4);
  CHECK(of({{"__suffix__", "_bucket"}, {"le", "5e-06"}}) == 6);
  CHECK(of({{"__suffix__", "_bucket"}, {"le", "+Inf"}}) == 6);
  CHECK(of({{"__suffix__", "_count"}}) == 6);
  CHECK(of({{"__suffix__", "_sum"}}) == doctest::Approx(20e-6));
}

TEST_CASE("metrics: standbys, problems, visits and stores are there") {
  auto p = test::some_processor("planes", 1);
  p.standbys = {test::some_copy("planes-table", 7)};
  p.problems = {"input has grown"};
  p.visits = {{"reset", {10, 90, 0, 1}}};
  p.partitions[0].rewinds = 3;
  p.partitions[0].table->map_bytes = 1'000'000;
  p.partitions[0].table->checkpoint_age = std::chrono::milliseconds{1'500};
  p.partitions[0].table->oldest_reader = 0;
  p.partitions[0].outputs = {{"carrier-flights", {20, 2'000}}};
  const auto all = read_prometheus(text_of({p}, {}, "1"));
  CHECK(value(all, "corka_standby_rows", {{"topic", "planes-table"}, {"partition", "7"}}) == 30);
  CHECK(value(all, "corka_standby_lag_records", {{"partition", "7"}}) == 5);
  CHECK(value(all, "corka_processor_problems", {{"group", "planes"}}) == 1);
  CHECK(value(all, "corka_processor_running_visits", {{"group", "planes"}}) == 1);
  CHECK(value(all, "corka_processor_visit_remaining_rows", {{"group", "planes"}}) == 90);
  CHECK(value(all, "corka_rewinds_total", {{"partition", "0"}}) == 3);
  CHECK(value(all, "corka_table_map_bytes", {{"partition", "0"}}) == 1'000'000);
  CHECK(value(all, "corka_table_checkpoint_age_seconds", {{"partition", "0"}}) == 1.5);
  CHECK(value(all, "corka_table_oldest_reader_checkpoints", {{"partition", "0"}}) == 0);
  CHECK(value(all, "corka_output_records_total", {{"topic", "carrier-flights"}, {"partition", "0"}}) == 20);
}

TEST_CASE("metrics: without partitions their number is that of groups and topics, however many there are") {
  const auto with = [](std::int32_t partitions) {
    auto p = test::some_processor("planes", partitions);
    for (auto& partition : p.partitions) partition.joins.push_back(test::some_copy("aircraft", partition.partition));
    p.standbys = {test::some_copy("planes-table", 900), test::some_copy("planes-table", 901)};
    return text_of({p}, {test::some_view("users", partitions)}, "1", {.partitions = false});
  };
  const auto few = with(2);
  const auto many = with(200);
  CHECK(std::ranges::count(few, '\n') == std::ranges::count(many, '\n'));
  CHECK(many.find("partition=") == std::string::npos);
  const auto all = read_prometheus(many);
  CHECK(value(all, "corka_input_records_total", {{"topic", "flights"}}) == 200 * 110);
  CHECK(value(all, "corka_input_lag_records", {{"topic", "flights"}}) == 200 * 20);
  CHECK(value(all, "corka_input_lag_seconds", {{"topic", "flights"}}) == 1.5);
  CHECK(value(all, "corka_table_rows", {{"topic", "planes-table"}}) == 200 * 50);
  CHECK(value(all, "corka_join_rows", {{"topic", "aircraft"}}) == 200 * 30);
  CHECK(value(all, "corka_standby_rows", {{"topic", "planes-table"}}) == 60);
  CHECK(value(all, "corka_view_rows", {{"topic", "users"}}) == 200 * 40);
  CHECK(value(all, "corka_in_flight_records", {{"group", "planes"}}) == 200 * 4);
}

TEST_CASE("metrics: counts of a group do not fall when a partition leaves") {
  auto p = test::some_processor("planes", 2);
  const query::look before{{}, 0, {p}, {}};
  query::totals sums;
  sums.add(nullptr, before);
  p.partitions.erase(p.partitions.begin());
  p.partitions[0].inputs[0].in.records += 5;
  p.partitions[0].callback.buckets[3] += 1;
  const query::look now{{}, 0, {p}, {}};
  sums.add(&before, now);
  const auto all = read_prometheus(query::metrics_text({p}, {}, "1", sums, {.partitions = false}));
  CHECK(value(all, "corka_input_records_total", {{"topic", "flights"}}) == 225);
  CHECK(value(all, "corka_callback_latency_seconds", {{"__suffix__", "_count"}}) == 1);
}

TEST_CASE("metrics: OpenMetrics has the same, by its own rules") {
  auto p = test::some_processor("planes", 1);
  const auto plain = read_prometheus(text_of({p}, {}, "1"));
  const auto open = test::read_openmetrics(text_of({p}, {}, "1", {.format = query::exposition::format::openmetrics}));
  CHECK(open.size() == plain.size());
  CHECK(value(open, "corka_input_records", {{"topic", "flights"}}) == 110);
  CHECK(open.at("corka_input_records").type == "counter");
}

TEST_CASE("metrics: promtool has nothing to say") {
  auto p = test::some_processor("planes", 2);
  p.partitions[0].joins = {test::some_copy("aircraft", 0)};
  p.lookups.emplace_back().partitions = {test::some_copy("airlines", 0)};
  p.standbys = {test::some_copy("planes-table", 7)};
  p.partitions[0].inputs[0].retention = std::chrono::seconds{6};
  p.partitions[0].outputs = {{"x", {}}};
  for (const bool partitions : {true, false}) {
    const auto all = read_prometheus(text_of({p}, {test::some_view("users", 1)}, "1", {.partitions = partitions}));
    CHECK(all.size() > 40);
    CHECK(test::prometheus_lint(all) == std::vector<std::string>{});
  }
  CHECK(test::prometheus_lint(
            {{"corka_lagMs", {"gauge", "", {{{{"le", "1"}}, 1}}}}, {"corka_x_counter", {"counter", "h", {}}}})
            .size() == 5);
}
