#include "query/row_answers.hpp"

#include "query/negotiation.hpp"

#include <corka/http/problem.hpp>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <string_view>
#include <utility>

namespace corka::query {

namespace {

/// Turns each kind of answer into HTTP.
struct as_response {
  const http::request& asked;
  const std::string& table;

  http::response operator()(row_found row) const {
    const bool raw = prefers_raw(asked.header("Accept").value_or(""));
    const auto tag = entity_tag(row.bytes, raw ? "r" : "j");
    const bool known = has_tag(asked.header("If-None-Match").value_or(""), tag);
    http::response r{known ? 304U : 200U};
    where(r, row.partition, row.changelog);
    // Kept by whoever asks, but asked for again each time: the tag makes that cheap.
    r.set("ETag", tag).set("Vary", "Accept").set("Cache-Control", "private, no-cache");
    if (known) return r;
    if (raw) {
      r.content("application/octet-stream", std::move(row.bytes));
    } else {
      r.content("application/json", std::move(row.json));
    }
    return r;
  }

  http::response operator()(row_absent row) const {
    auto r = http::problem{404, "row-absent", fmt::format("table '{}' has no row for this key", table)}
                 .with("partition", std::int64_t{row.partition.value})
                 .answer();
    where(r, row.partition, row.changelog);
    return r;
  }

  http::response operator()(const row_recovering& row) const { return recovering_answer(table, row); }

  http::response operator()(row_elsewhere row) const {
    return http::problem{421, "row-elsewhere",
                         fmt::format("partition {} of table '{}' is not in this process: ask the one that has it",
                                     row.partition.value, table)}
        .with("partition", std::int64_t{row.partition.value})
        .header("X-Corka-Partition", std::to_string(row.partition.value))
        .answer();
  }

  static void where(http::response& r, partition_id partition, offset changelog) {
    r.set("X-Corka-Partition", std::to_string(partition.value)).set("X-Corka-Offset", std::to_string(changelog.value));
  }
};

}  // namespace

http::response unknown_table_answer(const source& from, const std::string& table) {
  auto known = from.tables();
  auto detail = known.empty() ? fmt::format("there is no table '{}' here, nor any other", table)
                              : fmt::format("there is no table '{}' here, only {}", table, fmt::join(known, ", "));
  return http::problem{404, "table-unknown", std::move(detail)}.with("tables", std::move(known)).answer();
}

http::response recovering_answer(const std::string& table, const row_recovering& row) {
  const auto& p = row.progress;
  return http::problem{409, "table-recovering",
                       fmt::format("partition {} of table '{}' is still being read, {} of {}: try again later",
                                   row.partition.value, table, p.position.value, p.end.value)}
      .with("partition", std::int64_t{row.partition.value})
      .with("position", p.position.value)
      .with("end", p.end.value)
      .with("elapsed_ms", std::int64_t{p.elapsed.count()})
      .header("Retry-After", "1")
      .header("X-Corka-Partition", std::to_string(row.partition.value))
      .answer();
}

http::response row_answer_of(const http::request& r, const std::string& table, row_answer row) {
  return std::visit(as_response{r, table}, std::move(row));
}

http::response row_copy_answer(const http::request& r, const std::string& table, row_copy copy) {
  auto given = std::visit(as_response{r, table}, std::move(copy.row));
  given.set("X-Corka-Stale", copy.recovering ? "recovering" : "standby");
  if (copy.lag) given.set("X-Corka-Lag", std::to_string(*copy.lag));
  return given;
}

task<http::response> answer_row(const source& from, http::request r, std::string table, std::string key) {
  auto row = from.row_at_once(table, key);
  if (!row) row = co_await from.row(table, std::move(key));
  if (!row) co_return unknown_table_answer(from, table);
  co_return row_answer_of(r, table, std::move(*row));
}

}  // namespace corka::query
