// What a dead letter says about itself.
#pragma once

#include <corka/delivery.hpp>
#include <corka/record.hpp>
#include <corka/record_time.hpp>

#include <cstdint>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

namespace corka {

/// Read from a record's headers, which anybody may have written; the last of several of a name counts. Life: no longer
/// than the headers.
struct letter {
  std::optional<std::string_view> topic;  ///< where it failed; nothing: it is no dead letter of corka's
  std::optional<record_time> timestamp;   ///< of the record that failed
  std::vector<header> original;           ///< its own headers

  explicit letter(std::span<const header_view> headers);
};

}  // namespace corka
