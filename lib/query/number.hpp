// Numbers that somebody wrote as text.
#pragma once

#include <charconv>
#include <limits>
#include <optional>
#include <string_view>
#include <system_error>

namespace corka::query {

/// Nothing: it is no whole number, of all of `text`, from `least` to `most`.
template <class Number>
[[nodiscard]] std::optional<Number> read_number(std::string_view text,
                                                Number least = std::numeric_limits<Number>::min(),
                                                Number most = std::numeric_limits<Number>::max()) noexcept {
  Number n{};
  const auto* const end = text.data() + text.size();
  const auto [stopped, failed] = std::from_chars(text.data(), end, n);
  if (failed != std::errc{} || stopped != end || n < least || n > most) return {};
  return n;
}

}  // namespace corka::query
