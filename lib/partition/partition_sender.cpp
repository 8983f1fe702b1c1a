#include "partition/partition_sender.hpp"

#include "base/excerpt.hpp"
#include "partition/scope_pool.hpp"

#include <corka/error.hpp>
#include <corka/partitioner.hpp>

#include <fmt/format.h>

#include <utility>

namespace corka::partition {

partition_sender::partition_sender(const environment& env, partition_id number, std::vector<commit_tracker>& trackers,
                                   metrics& counts, async::signal::notifier wake)
    : env_{env},
      number_{number},
      trackers_{trackers},
      counts_{counts},
      wake_{wake},
      inbox_{std::make_shared<delivery_inbox>(std::move(wake))},
      deferred_{inbox_},
      producer_{env.producer},
      sink_{producer_->attach(inbox_)} {
  if (env.group->table) table_ = env.outputs.at(env.group->table->topic).get();
  for (const auto& output : counts.outputs) targets_.push_back(env.outputs.at(topic_name{output->topic}).get());
}

partition_sender::~partition_sender() { producer_->detach(sink_); }

std::uint64_t partition_sender::send(const origin& from, const kafka::output_topic& to, const kafka::outgoing& what,
                                     sent_for purpose) {
  trackers_[from.input].sent(from.slot);
  const auto tag = ledger_.open({from.slot, from.scope, from.input, purpose});
  if (!probe_.open) probe_ = {tag, true, env_.threads->time().now()};
  env_.producer->send(to, what, sink_, tag);
  return tag;
}

void partition_sender::add_options(kafka::outgoing& what, std::span<const header> added, const emit_options& options) {
  if (options.timestamp) what.timestamp_ms = options.timestamp->ms();
  const std::span<const header> defaults = env_.options->headers;
  if (defaults.empty() && added.empty() && options.headers.empty()) return;
  headers_.clear();
  for (const auto& all : {defaults, added, std::span<const header>{options.headers}}) {
    for (const auto& h : all) headers_.push_back({h.name, h.value});
  }
  what.headers = headers_;
}

std::uint64_t partition_sender::change(const origin& from, tables::row& r, std::optional<std::string_view> value,
                                       const emit_options& options) {
  if (value) rows_.write(r, *value);
  else rows_.erase(r);
  cut_.sent();
  counts_.changelog_records.add(1);
  counts_.changelog_bytes.add(r.key.size() + r.value.size());
  kafka::outgoing out{.partition = number_, .key = r.key, .value = r.value, .tombstone = !value};
  add_options(out, {}, options);
  return send(from, *table_, out, sent_for::changelog);
}

const kafka::output_topic& partition_sender::output(const topic_name& to) const {
  for (const auto& output : env_.group->outputs) {
    if (output.topic == to) return *env_.outputs.at(to);
  }
  throw error{errc::not_declared,
              fmt::format("group '{}' emits to '{}' without declaring it: add .output({}) to the group",
                          env_.group->name.str(), to.str(), to.str())};
}

std::uint64_t partition_sender::emit(const origin& from, const topic_name& to, partitioner by,
                                     const detail::payload& what, const emit_options& options) {
  return send_payload(from, output(to), by, what, options);
}

std::uint64_t partition_sender::emit_loop(const origin& from, std::type_index value_type, const detail::payload& what,
                                          const emit_options& options) {
  const auto to = loop(value_type);
  return send_payload(from, to.topic, to.by, what, options);
}

partition_sender::loop_output partition_sender::loop(std::type_index value_type) const {
  const auto& group = *env_.group;
  if (!group.loop) {
    throw error{errc::not_declared,
                fmt::format("group '{}' has no loop: add .loop<V>(callback) to the group", group.name.str())};
  }
  if (value_type != group.loop_type && value_type != std::type_index{typeid(tombstone_t)}) {
    throw error{errc::not_declared,
                fmt::format("the loop of group '{}' carries values as {}: call ctx.loop with the type, "
                            "and codec, that .loop<V>() was declared with",
                            group.name.str(), group.loop->codec)};
  }
  return {*env_.outputs.at(group.loop->topic), group.loop->partition_by};
}

std::uint64_t partition_sender::send_payload(const origin& from, const kafka::output_topic& to, partitioner by,
                                             const detail::payload& what, const emit_options& options) {
  kafka::outgoing out{.partition = partition_of(what.key, to.partitions(), by),
                      .key = what.key,
                      .value = what.value.value_or(std::string_view{}),
                      .tombstone = !what.value};
  add_options(out, from.added, options);
  counts_.emitted_records.add(1);
  counts_.emitted_bytes.add(out.key.size() + out.value.size());
  for (std::size_t i = 0; i < targets_.size(); ++i) {
    if (targets_[i] != &to) continue;
    counts_.outputs[i]->records.add(1);
    counts_.outputs[i]->bytes.add(out.key.size() + out.value.size());
    break;
  }
  return send(from, to, out, sent_for::output);
}

deferred_book::opened partition_sender::defer(const origin& from, const topic_name& topic, const record& what,
                                              bool running) {
  trackers_[from.input].sent(from.slot);
  const topic_partition where{topic, number_};
  auto made = deferred_.open(from, fmt::format("{}@{}, key {}", to_string(where), what.at.value, excerpt(what.key, 80)),
                             running);
  show_under_way();
  return made;
}

void partition_sender::callback_ended(std::uint64_t deferred) {
  if (const auto end = deferred_.callback_ended(deferred)) settle(*end);
}

void partition_sender::forget_deferred(std::uint64_t deferred) {
  forgive(deferred_.forget(deferred));
  show_under_way();
}

void partition_sender::settle(const deferred_book::ended& what) {
  if (what.failed) lost({what.from, sent_for::deferral, *what.failed});
  else trackers_[what.from.input].acked(what.from.slot);
  show_under_way();
}

void partition_sender::lost(failed_send what) {
  failed_.push_back(std::move(what));
  wake_();
}

void partition_sender::show_under_way() {
  counts_.in_flight.store(outstanding(), std::memory_order_relaxed);
  counts_.deferred.store(deferred_.size(), std::memory_order_relaxed);
}

std::vector<failed_send> partition_sender::take_reports(scope_pool& scopes) {
  inbox_->take(reports_);
  for (const auto& report : reports_) {
    if ((report.tag & deferred_book::mark) != 0) {
      if (const auto end = deferred_.reported(report)) settle(*end);
      continue;
    }
    const auto what = ledger_.close(report.tag);
    const bool told = what.scope != 0 && scopes.settled(what.scope, report.tag, report.at, report.failed);
    if (report.failed) {
      // Never booked as acknowledged: the watermark stays below its record. A callback that runs may ask.
      if (!told) failed_.push_back({{what.input, what.slot}, what.purpose, report.failed.message(), report.failed});
      continue;
    }
    if (what.purpose == sent_for::changelog) cut_.acked(report.tag, report.at);
    trackers_[what.input].acked(what.slot);
    if (probe_.open && probe_.tag == report.tag) {
      counts_.ack_ns.record(static_cast<std::uint64_t>((env_.threads->time().now() - probe_.sent).count()));
      probe_.open = false;
    }
  }
  if (!reports_.empty()) show_under_way();
  return std::exchange(failed_, {});
}

bool partition_sender::congested() const {
  if (outstanding() >= env_.options->in_flight_records) return true;
  // With nothing of our own under way no report would wake us.
  if (ledger_.outstanding() > 0 && env_.producer->congested()) return true;
  return rows_.dirty_bytes() > 2 * env_.options->commit_bytes;
}

tables::frozen_rows partition_sender::cut() {
  cut_.cut(ledger_.next_tag());
  return rows_.freeze();
}

}  // namespace corka::partition
