// A record as seen by callbacks, trackers and transports: views into memory that somebody else keeps.
#pragma once

#include <corka/ids.hpp>

#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

namespace corka {

/// One header of a record; a header may have no value. Names may repeat; order is kept.
struct header_view {
  std::string_view name;
  std::optional<std::string_view> value;
};

/// The last header with this name, as Kafka's own clients understand repeated names: what is added later overrides.
/// Null if there is none.
[[nodiscard]] constexpr const header_view* find_header(std::span<const header_view> headers, std::string_view name) {
  for (auto i = headers.size(); i-- > 0;) {
    if (headers[i].name == name) return &headers[i];
  }
  return nullptr;
}

/// A record read from a partition. The views live as long as the batch that the record came in.
struct record {
  std::string_view key{};    ///< empty for records without a key
  std::string_view value{};  ///< meaningless for tombstones
  offset at{};
  std::int64_t timestamp_ms = 0;  ///< milliseconds since 1970, any (record_time.hpp); -1 where the record has none
  bool tombstone = false;         ///< null value; an empty value is a value
};

}  // namespace corka
