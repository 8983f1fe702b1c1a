#include "partition/metrics.hpp"

#include <algorithm>

namespace corka::partition {

namespace {

/// `scale`: how many of the histogram's units are a microsecond.
latency_status latency_of(const histogram& h, std::uint64_t scale) {
  const auto s = h.snapshot();
  latency_status l;
  l.count = s.count();
  if (l.count == 0) return l;
  const auto us = [unit = static_cast<double>(scale)](std::uint64_t value) {
    return static_cast<double>(value) / unit;
  };
  l.p50 = us(s.quantile(0.50));
  l.p95 = us(s.quantile(0.95));
  l.p99 = us(s.quantile(0.99));
  l.max = us(s.max());
  l.sum = us(s.sum());
  std::array<std::uint64_t, latency_bounds_us.size()> bounds{};
  for (std::size_t i = 0; i < bounds.size(); ++i) bounds[i] = static_cast<std::uint64_t>(latency_bounds_us[i]) * scale;
  s.spread(bounds, l.buckets);
  return l;
}

}  // namespace

std::optional<std::chrono::milliseconds> input_metrics::lag_time(std::int64_t now_ms) const {
  const auto last = end.load();
  const auto at = timestamp_ms.load();
  if (last >= 0 && processed >= last) return std::chrono::milliseconds{0};
  if (last < 0 || at < 0) return std::nullopt;
  return std::chrono::milliseconds{std::max<std::int64_t>(0, now_ms - at)};
}

metrics::metrics(const std::vector<std::string>& read, const std::vector<std::string>& written) {
  for (const auto& topic : read) inputs.push_back(std::make_unique<input_metrics>(topic));
  for (const auto& topic : written) outputs.push_back(std::make_unique<output_metrics>(topic));
}

void metrics::ended(std::int64_t timestamp_ms, std::int64_t now_ms) {
  if (timestamp_ms < 0 || timestamp_ms > now_ms) return;
  end_to_end_us.record(static_cast<std::uint64_t>(now_ms - timestamp_ms) * 1'000);
}

void metrics::noted(std::string why) {
  const std::lock_guard lock{mutex_};
  last_error_ = std::move(why);
}

void metrics::stored(const store::store_stats& size) {
  store_rows = size.rows;
  store_bytes = size.bytes_used;
  store_map_bytes = size.map_bytes;
  store_oldest_reader = size.oldest_reader ? static_cast<std::int64_t>(*size.oldest_reader) : -1;
}

void metrics::failed(std::string why) {
  noted(std::move(why));
  state = partition_state::failed;
}

void metrics::fill(partition_status& into, std::int64_t now_ms) const {
  into.state = state;
  for (const auto& input : inputs) {
    input_status s;
    s.topic = input->topic;
    s.processed = offset{input->processed};
    s.committed = offset{input->committed};
    const auto end = input->end.load();
    const auto committed = s.committed.value;
    if (end >= 0) s.end = offset{end};
    // The end is heard with fetches and may be older than what was committed since.
    if (end >= 0 && committed >= 0) s.lag = std::max<std::int64_t>(0, end - committed);
    s.in = {input->records.value(), input->bytes.value()};
    s.lag_time = input->lag_time(now_ms);
    s.retention = input->retention;
    into.inputs.push_back(std::move(s));
  }
  into.emitted = {emitted_records.value(), emitted_bytes.value()};
  into.in_flight = in_flight;
  into.running = running;
  into.deferred = deferred;
  into.failures = {failures.value(), retries.value(), skipped.value(), dead_letters.value()};
  for (const auto& output : outputs) {
    into.outputs.push_back({output->topic, {output->records.value(), output->bytes.value()}});
  }
  into.callback = latency_of(callback_ns, 1'000);
  into.ack = latency_of(ack_ns, 1'000);
  into.checkpoint = latency_of(checkpoint_ns, 1'000);
  into.end_to_end = latency_of(end_to_end_us, 1);
  if (into.table) {
    into.table->rows = store_rows;
    into.table->bytes = store_bytes;
    into.table->dirty_rows = dirty_rows;
    into.table->changelog = offset{changelog_offset};
    if (const auto map = store_map_bytes.load(); map > 0) into.table->map_bytes = map;
    if (const auto behind = store_oldest_reader.load(); behind >= 0) {
      into.table->oldest_reader = static_cast<std::uint64_t>(behind);
    }
    if (const auto at = checkpoint_wall_ms.load(); at >= 0) {
      into.table->checkpoint_age = std::chrono::milliseconds{std::max<std::int64_t>(0, now_ms - at)};
    }
    into.table->written = {changelog_records.value(), changelog_bytes.value()};
  }
  const std::lock_guard lock{mutex_};
  into.last_error = last_error_;
}

}  // namespace corka::partition
