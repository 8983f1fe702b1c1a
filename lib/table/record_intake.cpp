#include "table/record_intake.hpp"

#include "base/excerpt.hpp"

#include <corka/error.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <exception>
#include <utility>

namespace corka::tables {

record_intake::record_intake(topic_partition table, update_rule rule, key_check look)
    : table_{std::move(table)}, rule_{std::move(rule)}, look_{std::move(look)} {}

void record_intake::look_at_keys(const kafka::record_batch& polled) {
  const bool all = std::ranges::all_of(polled.records, [this](const record& r) { return look_(r.key); });
  if (!all) look_ = nullptr;
}

void record_intake::take(const kafka::record_batch& polled, change_batch& into) {
  if (look_) look_at_keys(polled);
  if (!rule_.apply) {
    for (const auto& r : polled.records) into.add(r);
    return;
  }
  for (std::size_t i = 0; i < polled.records.size(); ++i) take_by_rule(polled, i, into);
}

void record_intake::take_by_rule(const kafka::record_batch& polled, std::size_t i, change_batch& into) {
  auto r = polled.records[i];
  headers_.clear();
  instead_.clear();
  if (polled.keep) polled.keep->headers(i, headers_);
  std::optional<std::string_view> value;
  if (!r.tombstone) value = r.value;
  const table_update update{table_.topic, table_.partition, r.at, r.timestamp_ms, r.key, value, headers_};
  auto action = update_action::store;
  try {
    action = rule_.apply(update, instead_);
  } catch (const std::exception& e) {
    throw error{
        errc::callback_failed,
        fmt::format("{}@{}, key {}: the update callback threw: {}; the copy stands before this record: mend the "
                    "callback and start again",
                    to_string(table_), r.at.value, excerpt(r.key, 80), e.what()),
        table_, r.at};
  }
  if (action == update_action::ignore) return;
  if (action == update_action::erase) r.tombstone = true;
  if (action == update_action::store_instead) {
    r.tombstone = false;
    r.value = instead_;
  }
  into.add(r);
}

std::string copied_as(const std::string& codec, const update_rule& rule) {
  if (!rule.apply) return codec;
  return codec + " by " + (rule.name.empty() ? "an update callback" : rule.name);
}

}  // namespace corka::tables
