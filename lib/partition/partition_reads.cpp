// What others ask of a partition.
#include "partition/partition_runner.hpp"

#include "table/overlay_page.hpp"

#include <corka/error.hpp>

#include <fmt/format.h>

#include <utility>

namespace corka::partition {

namespace {

/// A page of rows that somebody asked for.
constexpr std::size_t page_bytes = std::size_t{4} << 20U;

}  // namespace

partition_status partition_runner::status() const {
  partition_status s;
  s.partition = number_.value;
  s.worker = worker_;
  if (env_.group->table) {
    s.table.emplace();
    s.table->topic = env_.group->table->topic.str();
    s.table->recovery = recovery_now();
  }
  counts_.fill(s, env_.threads->time().wall_ms());
  s.joins = joins_.status();
  return s;
}

// False: the store was closed since the partition was found. That is no failure, somebody else has the partition soon.
template <class Read>
bool partition_runner::reading(Read read) const {
  try {
    read();
  } catch (const error& e) {
    if (e.kind() != errc::store_failed || !ended_) throw;
    return false;
  }
  return true;
}

bool partition_runner::find_saved(std::string_view key, table_row& into) const {
  return reading([&] { store_->get({&key, 1}, [&](std::size_t, std::string_view value) { into.bytes = value; }); });
}

table_row partition_runner::saved(std::string_view key, table_row of) const {
  if (find_saved(key, of)) return of;
  throw error{errc::not_recovered, fmt::format("partition {} of table '{}' has ended here: try again in a moment",
                                               number_.value, env_.group->table->topic.str())};
}

std::optional<table_row> partition_runner::saved_row(std::string_view key) const {
  if (!recovered_ || !sender_.rows().all_saved()) return std::nullopt;
  // What is written from here on may be seen or not: it happens at the same time.
  table_row out{number_, offset{counts_.changelog_offset}, std::nullopt};
  out.lag = 0;
  if (!find_saved(key, out)) return std::nullopt;
  return out;
}

table_row partition_runner::row(std::string_view key, bool recovering) const {
  check_("partition_runner::row");
  if (!recovered_ && recovering && store_) {
    const auto progress = recovery_now();
    table_row out;
    out.partition = number_;
    out.recovering = true;
    if (progress) {
      out.changelog = progress->position;
      out.lag = progress->end - progress->position;
    }
    return saved(key, std::move(out));
  }
  if (!recovered_) {
    throw error{errc::not_recovered,
                fmt::format("partition {} of table '{}' is still being read: try again in a moment", number_.value,
                            env_.group->table->topic.str())};
  }
  table_row out{number_, offset{counts_.changelog_offset}, std::nullopt};
  out.lag = 0;
  if (const auto* r = sender_.rows().find(key); r != nullptr && r->loaded) {
    if (r->present) out.bytes = r->value;
    return out;
  }
  return saved(key, std::move(out));
}

rows_of_partition partition_runner::rows(const key_range& which, std::size_t limit) const {
  check_("partition_runner::rows");
  rows_of_partition page;
  if (!recovered_ || !store_) return page;
  page.recovered = true;
  const auto put = [&page](std::string_view key, std::string_view value) { page.rows.emplace_back(key, value); };
  const bool read =
      reading([&] { page.more = tables::rows_over(sender_.rows(), *store_, which, {limit, page_bytes}, put); });
  return read ? page : rows_of_partition{};
}

}  // namespace corka::partition
