// What a local copy of a table stores for a record.
#pragma once

#include <corka/ids.hpp>
#include <corka/record.hpp>

#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace corka {

/// A record of a table's topic on its way into a local copy. Valid during the call that it is given to.
struct table_update {
  const topic_name& topic;
  partition_id partition;
  offset at;
  std::int64_t timestamp_ms;  ///< milliseconds since 1970; -1 where the record has none
  std::string_view key;
  std::optional<std::string_view> value;  ///< nothing: the row is erased
  std::span<const header_view> headers;
};

/// What becomes of a table_update.
enum class update_action {
  store,          ///< the row is what came; a record without value erases it
  store_instead,  ///< the row is what the callback wrote into `instead`
  erase,          ///< the row is removed
  ignore,         ///< the row stays as it is
};

/// Decides what a local copy stores. It must depend on nothing but the record: a recovery that begins anew calls it
/// again.
///
/// Threads: called for one partition at a time on its strand, for different partitions at the same time.
/// Errors: what it throws ends the copy with error{errc::callback_failed}.
using update_callback = std::function<update_action(const table_update& update, std::string& instead)>;

/// An update callback with a name.
struct update_rule {
  /// Part of what a local copy is a copy of: under another name the rows are dropped and read from the topic again.
  /// Change it whenever the callback would give other rows.
  std::string name{};
  /// Empty: rows are what came.
  update_callback apply{};
};

}  // namespace corka
