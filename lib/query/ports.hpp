// What the HTTP endpoints ask of the rest of corka.
#pragma once

#include <corka/ids.hpp>
#include <corka/key_range.hpp>
#include <corka/status.hpp>
#include <corka/task.hpp>

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

namespace corka::query {

/// A row as it is now, its own unacknowledged writes included.
struct row_found {
  partition_id partition;
  offset changelog;   ///< the copy contains at least everything before this
  std::string bytes;  ///< as the codec wrote it
  std::string json;   ///< the same for people and programs
};
struct row_absent {
  partition_id partition;
  offset changelog;
};
/// The partition is here but still being read.
struct row_recovering {
  partition_id partition;
  recovery_status progress;
};
/// Another instance has the partition, or nobody has.
struct row_elsewhere {
  partition_id partition;
};
using row_answer = std::variant<row_found, row_absent, row_recovering, row_elsewhere>;

/// A row of a copy that may lag behind: a standby's, or one that is still being read.
struct row_copy {
  std::variant<row_found, row_absent> row;
  bool recovering = false;
  std::optional<std::int64_t> lag;  ///< changelog records that it lacks; nothing: unknown
};

/// Rows in key order.
struct rows_page {
  struct row {
    std::string key;
    std::string json;
  };
  std::vector<row> rows;
  bool more = false;
  std::vector<partition_id> partitions;  ///< whose rows these are
};
using rows_answer = std::variant<rows_page, row_recovering>;

/// A record of a dead-letter topic.
struct dead_letter_record {
  std::int32_t partition = 0;
  std::int64_t at = 0;
  std::int64_t timestamp_ms = -1;
  std::optional<std::string> key;
  std::optional<std::string> value;  ///< nothing: a tombstone
  std::vector<std::pair<std::string, std::optional<std::string>>> headers;
};
struct dead_letters_page {
  std::vector<dead_letter_record> records;  ///< newest first
  /// Where older ones of each partition end; empty: there are none.
  std::map<std::int32_t, std::int64_t> next;
};

/// A setting as it is in effect.
struct setting {
  std::string name;
  std::optional<std::string> value;  ///< nothing: not set, or a secret
  bool masked = false;               ///< it is a secret
};
struct settings_section {
  std::string name;
  std::vector<setting> settings;
};

/// Threads: `processors`, `views` and `tables` any; `row` and `rows` awaited on any strand, they hop by themselves.
struct source {
  virtual ~source() = default;
  [[nodiscard]] virtual std::vector<processor_status> processors() const = 0;
  [[nodiscard]] virtual std::vector<view_status> views() const = 0;
  /// What this process is called among others.
  [[nodiscard]] virtual std::string instance() const { return {}; }
  /// How it runs, secrets masked.
  [[nodiscard]] virtual std::vector<settings_section> settings() const { return {}; }
  /// Names of the tables that `row` and `rows` know.
  [[nodiscard]] virtual std::vector<std::string> tables() const = 0;
  /// Nothing for an unknown table.
  [[nodiscard]] virtual task<std::optional<row_answer>> row(std::string table, std::string key) const = 0;
  /// The same where it takes no waiting; nothing says nothing of the row.
  [[nodiscard]] virtual std::optional<row_answer> row_at_once(const std::string& /*table*/,
                                                              std::string_view /*key*/) const {
    return std::nullopt;
  }
  /// The row in whatever copy there is here, where none of them is the holder's as it is now; nothing without a copy.
  [[nodiscard]] virtual task<std::optional<row_copy>> copied_row(std::string /*table*/, std::string /*key*/) const {
    co_return std::nullopt;
  }
  /// At most `limit` rows of what this process has of the table. Nothing for an unknown table.
  [[nodiscard]] virtual task<std::optional<rows_answer>> rows(std::string table, key_range which,
                                                              std::size_t limit) const = 0;
  /// The newest records of a dead-letter topic, below the offsets in `before`.
  /// @throws error{errc::broker_unavailable, errc::timed_out}.
  [[nodiscard]] virtual task<dead_letters_page> dead_letters(std::string /*topic*/, std::size_t /*limit*/,
                                                             std::map<std::int32_t, std::int64_t> /*before*/) const {
    co_return dead_letters_page{};
  }
};

}  // namespace corka::query
