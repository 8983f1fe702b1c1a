// Which rows of a table, by their keys.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace corka {

enum class key_order { ascending, descending };

/// Rows with from <= key < to; keys are compared byte by byte, unsigned, shorter ones first.
struct key_range {
  std::string from{};
  std::optional<std::string> to{};  ///< nothing: to the end
  key_order order = key_order::ascending;

  /// Keys that begin with `p`.
  [[nodiscard]] static key_range prefix(std::string p, key_order order = key_order::ascending);
  /// What is left of the range, in its order, once the row of `key` was seen.
  [[nodiscard]] key_range after(std::string_view key) const;

  friend bool operator==(const key_range&, const key_range&) = default;
};

}  // namespace corka
