#include "query/totals.hpp"

#include <algorithm>
#include <cstdint>
#include <string>

namespace corka::query {

namespace {

/// Adds what was counted since: all of it where the count began anew.
void add(std::uint64_t& to, std::uint64_t before, std::uint64_t now) { to += now >= before ? now - before : now; }
void add(double& to, double before, double now) { to += now >= before ? now - before : now; }

void add(traffic& to, const traffic& before, const traffic& now) {
  add(to.records, before.records, now.records);
  add(to.bytes, before.bytes, now.bytes);
}

void add(latency_status& to, const latency_status& before, const latency_status& now) {
  add(to.count, before.count, now.count);
  add(to.sum, before.sum, now.sum);
  to.max = std::max(to.max, now.max);
  for (std::size_t i = 0; i < to.buckets.size(); ++i) add(to.buckets[i], before.buckets[i], now.buckets[i]);
}

template <class Named>
Named& named(std::vector<Named>& all, const std::string& topic) {
  const auto at = std::ranges::find(all, topic, &Named::topic);
  if (at != all.end()) return *at;
  all.emplace_back().topic = topic;
  return all.back();
}
template <class Named>
const Named* find(const std::vector<Named>& all, const std::string& topic) {
  const auto at = std::ranges::find(all, topic, &Named::topic);
  return at != all.end() ? &*at : nullptr;
}

void add(partition_status& to, const partition_status& before, const partition_status& now) {
  for (const auto& i : now.inputs) {
    const auto* old = find(before.inputs, i.topic);
    add(named(to.inputs, i.topic).in, old != nullptr ? old->in : traffic{}, i.in);
  }
  for (const auto& o : now.outputs) {
    const auto* old = find(before.outputs, o.topic);
    add(named(to.outputs, o.topic).out, old != nullptr ? old->out : traffic{}, o.out);
  }
  if (now.table) {
    if (!to.table) to.table.emplace().topic = now.table->topic;
    add(to.table->written, before.table ? before.table->written : traffic{}, now.table->written);
  }
  add(to.emitted, before.emitted, now.emitted);
  add(to.failures.failed, before.failures.failed, now.failures.failed);
  add(to.failures.retried, before.failures.retried, now.failures.retried);
  add(to.failures.skipped, before.failures.skipped, now.failures.skipped);
  add(to.failures.dead_lettered, before.failures.dead_lettered, now.failures.dead_lettered);
  add(to.rewinds, before.rewinds, now.rewinds);
  add(to.callback, before.callback, now.callback);
  add(to.ack, before.ack, now.ack);
  add(to.checkpoint, before.checkpoint, now.checkpoint);
  add(to.end_to_end, before.end_to_end, now.end_to_end);
}

template <class T>
void raise(std::optional<T>& to, const std::optional<T>& v) {
  if (v && (!to || *v > *to)) to = v;
}

/// The gauges of a partition, on top of those of others.
void gather(partition_status& to, const partition_status& p) {
  to.in_flight += p.in_flight;
  to.running += p.running;
  to.deferred += p.deferred;
  for (const auto& i : p.inputs) {
    auto& sum = named(to.inputs, i.topic);
    if (i.lag) sum.lag = sum.lag.value_or(0) + *i.lag;
    raise(sum.lag_time, i.lag_time);
    raise(sum.retention, i.retention);
  }
  if (!p.table) return;
  if (!to.table) to.table.emplace().topic = p.table->topic;
  to.table->rows += p.table->rows;
  to.table->bytes += p.table->bytes;
  to.table->dirty_rows += p.table->dirty_rows;
  if (p.table->map_bytes) to.table->map_bytes = to.table->map_bytes.value_or(0) + *p.table->map_bytes;
  raise(to.table->checkpoint_age, p.table->checkpoint_age);
  raise(to.table->oldest_reader, p.table->oldest_reader);
}

}  // namespace

void totals::add(const look* before, const look& now) {
  static const partition_status nothing;
  sums_.resize(std::max(sums_.size(), now.processors.size()));
  for (std::size_t i = 0; i < now.processors.size(); ++i) {
    for (const auto& p : now.processors[i].partitions) {
      const partition_status* old = nullptr;
      if (before != nullptr && i < before->processors.size()) {
        const auto& all = before->processors[i].partitions;
        const auto at = std::ranges::lower_bound(all, p.partition, {}, &partition_status::partition);
        if (at != all.end() && at->partition == p.partition) old = &*at;
      }
      query::add(sums_[i], old != nullptr ? *old : nothing, p);
    }
  }
}

const partition_status& totals::of(std::size_t at) const {
  static const partition_status nothing;
  return at < sums_.size() ? sums_[at] : nothing;
}

processor_status totals::merged(const processor_status& p, std::size_t at) const {
  auto all = p;
  partition_status one = of(at);
  one.partition = -1;
  std::vector<copy_status> joins;
  for (const auto& partition : p.partitions) {
    gather(one, partition);
    joins.insert(joins.end(), partition.joins.begin(), partition.joins.end());
  }
  // What nobody knows of one is not known of all.
  for (auto& sum : one.inputs) {
    for (const auto& partition : p.partitions) {
      const auto* i = find(partition.inputs, sum.topic);
      if (i != nullptr && !i->lag) sum.lag.reset();
    }
  }
  one.joins = query::merged(joins);
  all.partitions = {std::move(one)};
  all.standbys = query::merged(p.standbys);
  for (auto& l : all.lookups) l.partitions = query::merged(l.partitions);
  return all;
}

std::vector<copy_status> merged(const std::vector<copy_status>& copies) {
  std::vector<copy_status> all;
  for (const auto& c : copies) {
    const auto at = std::ranges::find(all, c.topic, &copy_status::topic);
    if (at == all.end()) {
      copy_status first;
      first.topic = c.topic;
      first.partition = -1;
      first.state = c.state;
      first.rows = c.rows;
      first.bytes = c.bytes;
      first.lag = c.lag;
      first.lag_time = c.lag_time;
      all.push_back(std::move(first));
      continue;
    }
    if (c.state != copy_state::following) at->state = c.state;
    at->rows += c.rows;
    at->bytes += c.bytes;
    if (at->lag && c.lag) *at->lag += *c.lag;
    else at->lag.reset();
    if (at->lag_time && c.lag_time) at->lag_time = std::max(*at->lag_time, *c.lag_time);
    else at->lag_time.reset();
  }
  return all;
}

}  // namespace corka::query
