#include "query/samples.hpp"

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <limits>
#include <map>

namespace corka::query {

namespace {

using counts = decltype(latency_status::buckets);

double seconds_between(const look& before, const look& now) {
  return std::max(1e-3, std::chrono::duration<double>(now.at - before.at).count());
}

/// What was counted since: all of it where the count began anew.
std::uint64_t since(std::uint64_t before, std::uint64_t now) noexcept { return now >= before ? now - before : now; }

const partition_status* find(const std::vector<partition_status>& all, std::int32_t number) {
  const auto at = std::ranges::lower_bound(all, number, {}, &partition_status::partition);
  return at != all.end() && at->partition == number ? &*at : nullptr;
}

const copy_status* find(const std::vector<copy_status>& all, std::int32_t number) {
  const auto at = std::ranges::find(all, number, &copy_status::partition);
  return at != all.end() ? &*at : nullptr;
}

const partition_status* find(const look& in, std::string_view group, std::int32_t number) {
  for (const auto& p : in.processors) {
    if (p.group != group) continue;
    if (const auto* found = find(p.partitions, number)) return found;
  }
  return nullptr;
}

traffic read_by(const partition_status& p) {
  traffic all;
  for (const auto& i : p.inputs) {
    all.records += i.in.records;
    all.bytes += i.in.bytes;
  }
  return all;
}

void add(std::optional<double>& to, double n) { to = to.value_or(0) + n; }
void add(std::optional<double>& to, const std::optional<double>& n) {
  if (n) add(to, *n);
}
void raise(std::optional<double>& to, const std::optional<double>& n) {
  if (n) to = std::max(to.value_or(0), *n);
}

/// A processor's second, and how its callbacks took.
struct measured {
  processor_sample of;
  counts callbacks{};
  bool lag_known = true;
};

void measure(measured& into, const partition_status* before, const partition_status& now, double seconds) {
  static const partition_status nothing;
  const auto& old = before != nullptr ? *before : nothing;
  auto& s = into.of;
  const auto per_second = [seconds](std::uint64_t a, std::uint64_t b) {
    return static_cast<double>(since(a, b)) / seconds;
  };
  const auto in_before = read_by(old);
  const auto in_now = read_by(now);
  add(s.in, per_second(in_before.records, in_now.records));
  add(s.in_bytes, per_second(in_before.bytes, in_now.bytes));
  add(s.out, per_second(old.emitted.records, now.emitted.records));
  if (now.table) { add(s.written, per_second(old.table ? old.table->written.records : 0, now.table->written.records)); }
  add(s.failed, per_second(old.failures.failed, now.failures.failed));
  add(s.dead_lettered, per_second(old.failures.dead_lettered, now.failures.dead_lettered));
  add(s.in_flight, static_cast<double>(now.in_flight));
  for (const auto& i : now.inputs) {
    if (i.lag) add(s.lag, static_cast<double>(*i.lag));
    else into.lag_known = false;
    if (i.lag_time) raise(s.lag_seconds, std::chrono::duration<double>{*i.lag_time}.count());
  }
  for (std::size_t i = 0; i < into.callbacks.size(); ++i) {
    into.callbacks[i] += since(old.callback.buckets[i], now.callback.buckets[i]);
  }
}

void finish(measured& m) {
  if (!m.lag_known) m.of.lag.reset();
  m.of.callback_p50_us = quantile_us(m.callbacks, 0.5);
  m.of.callback_p99_us = quantile_us(m.callbacks, 0.99);
  std::ranges::transform(m.callbacks, m.of.callbacks.begin(), [](std::uint64_t n) {
    return static_cast<std::uint32_t>(std::min<std::uint64_t>(n, std::numeric_limits<std::uint32_t>::max()));
  });
}

measured measure(const processor_status* before, const processor_status& now, double seconds) {
  measured m;
  // Nothing here is a rate of 0, not an unknown one.
  m.of.in = m.of.in_bytes = m.of.out = m.of.written = m.of.failed = m.of.dead_lettered = m.of.in_flight = m.of.lag = 0;
  m.of.partitions = static_cast<double>(now.partitions.size());
  for (const auto& p : now.partitions) {
    measure(m, before != nullptr ? find(before->partitions, p.partition) : nullptr, p, seconds);
  }
  finish(m);
  return m;
}

view_sample measure(const view_status* before, const view_status& now, double seconds) {
  view_sample s;
  s.in = s.in_bytes = s.written = 0;
  for (const auto& c : now.partitions) {
    const auto* old = before != nullptr ? find(before->partitions, c.partition) : nullptr;
    const copy_status nothing;
    if (old == nullptr) old = &nothing;
    add(s.in, static_cast<double>(since(old->in.records, c.in.records)) / seconds);
    add(s.in_bytes, static_cast<double>(since(old->in.bytes, c.in.bytes)) / seconds);
    add(s.written, static_cast<double>(since(old->written, c.written)) / seconds);
  }
  if (now.lag) s.lag = static_cast<double>(*now.lag);
  s.rows = static_cast<double>(now.rows);
  s.bytes = static_cast<double>(now.bytes);
  return s;
}

void merge(measured& total, const measured& m) {
  auto& t = total.of;
  add(t.partitions, m.of.partitions);
  add(t.in, m.of.in);
  add(t.in_bytes, m.of.in_bytes);
  add(t.out, m.of.out);
  add(t.written, m.of.written);
  add(t.failed, m.of.failed);
  add(t.dead_lettered, m.of.dead_lettered);
  add(t.in_flight, m.of.in_flight);
  add(t.lag, m.of.lag);
  raise(t.lag_seconds, m.of.lag_seconds);
  total.lag_known = total.lag_known && m.lag_known;
  for (std::size_t i = 0; i < total.callbacks.size(); ++i) total.callbacks[i] += m.callbacks[i];
}

}  // namespace

std::optional<double> quantile_us(const counts& of, double q) {
  std::uint64_t all = 0;
  for (const auto n : of) all += n;
  if (all == 0) return {};
  const auto rank = q * static_cast<double>(all);
  double seen = 0;
  for (std::size_t i = 0; i < of.size(); ++i) {
    const auto here = static_cast<double>(of[i]);
    if (here > 0 && seen + here >= rank) {
      if (i == latency_bounds_us.size()) return latency_bounds_us.back();
      const double from = i == 0 ? 0 : latency_bounds_us[i - 1];
      return from + (latency_bounds_us[i] - from) * std::clamp((rank - seen) / here, 0.0, 1.0);
    }
    seen += here;
  }
  return latency_bounds_us.back();
}

sample difference(const look& before, const look& now) {
  const double seconds = seconds_between(before, now);
  sample s;
  s.t = now.wall_ms;
  measured total;
  std::map<std::string_view, int> members;
  for (std::size_t i = 0; i < now.processors.size(); ++i) {
    // The same processors in the same order each time.
    const auto* old = i < before.processors.size() ? &before.processors[i] : nullptr;
    const auto& p = now.processors[i];
    const auto m = measure(old, p, seconds);
    merge(total, m);
    const int member = ++members[p.group];
    s.processors.emplace_back(member > 1 ? p.group + "#" + std::to_string(member) : p.group, m.of);
  }
  finish(total);
  s.total = total.of;
  for (std::size_t i = 0; i < now.views.size(); ++i) {
    const auto* old = i < before.views.size() ? &before.views[i] : nullptr;
    s.views.emplace_back(now.views[i].name, measure(old, now.views[i], seconds));
  }
  return s;
}

double rates::seconds() const { return seconds_between(*before_, *now_); }

template <class Count>
std::optional<double> rates::of_one(std::string_view group, std::int32_t partition, Count count) const {
  if (!before_) return {};
  const auto* old = find(*before_, group, partition);
  const auto* now = find(*now_, group, partition);
  if (old == nullptr || now == nullptr) return {};
  return static_cast<double>(since(count(*old), count(*now))) / seconds();
}

template <class Count>
std::optional<double> rates::of_all(std::string_view group, Count count) const {
  if (!before_) return {};
  std::uint64_t all = 0;
  for (const auto& p : now_->processors) {
    if (p.group != group) continue;
    for (const auto& partition : p.partitions) {
      const auto* old = find(*before_, group, partition.partition);
      all += since(old != nullptr ? count(*old) : 0, count(partition));
    }
  }
  return static_cast<double>(all) / seconds();
}

namespace {

auto records_from(std::string_view topic) {
  return [topic](const partition_status& p) {
    const auto at = std::ranges::find(p.inputs, topic, &input_status::topic);
    return at != p.inputs.end() ? at->in.records : std::uint64_t{0};
  };
}
std::uint64_t records_written(const partition_status& p) { return p.table ? p.table->written.records : 0; }

}  // namespace

std::optional<double> rates::in(std::string_view group, std::int32_t partition) const {
  return of_one(group, partition, [](const partition_status& p) { return read_by(p).records; });
}
std::optional<double> rates::in(std::string_view group, std::int32_t partition, std::string_view topic) const {
  return of_one(group, partition, records_from(topic));
}
std::optional<double> rates::written(std::string_view group, std::int32_t partition) const {
  return of_one(group, partition, records_written);
}
std::optional<double> rates::all_in(std::string_view group, std::string_view topic) const {
  return of_all(group, records_from(topic));
}
std::optional<double> rates::all_out(std::string_view group, std::string_view topic) const {
  return of_all(group, [topic](const partition_status& p) {
    const auto at = std::ranges::find(p.outputs, topic, &output_status::topic);
    return at != p.outputs.end() ? at->out.records : std::uint64_t{0};
  });
}
std::optional<double> rates::all_written(std::string_view group) const { return of_all(group, records_written); }
std::optional<double> rates::all_joined(std::string_view group, std::string_view topic) const {
  return of_all(group, [topic](const partition_status& p) {
    const auto at = std::ranges::find(p.joins, topic, &copy_status::topic);
    return at != p.joins.end() ? at->in.records : std::uint64_t{0};
  });
}
std::optional<double> rates::all_dead_letters(std::string_view group) const {
  return of_all(group, [](const partition_status& p) { return p.failures.dead_lettered; });
}

std::optional<double> rates::copied(const std::vector<copy_status>& before, const std::vector<copy_status>& now) const {
  std::uint64_t all = 0;
  for (const auto& c : now) {
    const auto* old = find(before, c.partition);
    all += since(old != nullptr ? old->in.records : 0, c.in.records);
  }
  return static_cast<double>(all) / seconds();
}
std::optional<double> rates::view_in(std::string_view name) const {
  if (!before_) return {};
  const auto old = std::ranges::find(before_->views, name, &view_status::name);
  const auto now = std::ranges::find(now_->views, name, &view_status::name);
  if (old == before_->views.end() || now == now_->views.end()) return {};
  return copied(old->partitions, now->partitions);
}
std::optional<double> rates::view_written(std::string_view name, std::int32_t partition) const {
  if (!before_) return {};
  const auto old = std::ranges::find(before_->views, name, &view_status::name);
  const auto now = std::ranges::find(now_->views, name, &view_status::name);
  if (old == before_->views.end() || now == now_->views.end()) return {};
  const auto* a = find(old->partitions, partition);
  const auto* b = find(now->partitions, partition);
  if (a == nullptr || b == nullptr) return {};
  return static_cast<double>(since(a->written, b->written)) / seconds();
}
std::optional<double> rates::looked_up(std::string_view group, std::string_view topic) const {
  if (!before_) return {};
  for (std::size_t i = 0; i < now_->processors.size() && i < before_->processors.size(); ++i) {
    if (now_->processors[i].group != group) continue;
    const auto& lookups_before = before_->processors[i].lookups;
    const auto& lookups_now = now_->processors[i].lookups;
    const auto old = std::ranges::find(lookups_before, topic, &view_status::topic);
    const auto now = std::ranges::find(lookups_now, topic, &view_status::topic);
    if (old != lookups_before.end() && now != lookups_now.end()) return copied(old->partitions, now->partitions);
  }
  return {};
}

}  // namespace corka::query
