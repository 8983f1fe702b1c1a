// What may be sent as a header field.
#pragma once

#include <algorithm>
#include <array>
#include <string_view>

namespace corka::http {

namespace detail {

inline constexpr std::array<bool, 256> token_bytes = [] {
  std::array<bool, 256> all{};
  for (unsigned c = '!'; c < 0x7f; ++c)
    all[c] = std::string_view{"()<>@,;:\\\"/[]?={}"}.find(static_cast<char>(c)) == std::string_view::npos;
  return all;
}();

}  // namespace detail

/// A field's name, a method.
[[nodiscard]] inline bool is_token(std::string_view text) noexcept {
  return !text.empty() && std::all_of(text.begin(), text.end(),
                                      [](char c) { return detail::token_bytes[static_cast<unsigned char>(c)]; });
}

/// What cannot begin another line.
[[nodiscard]] inline bool is_value(std::string_view text) noexcept {
  return std::none_of(text.begin(), text.end(), [](char c) {
    const auto byte = static_cast<unsigned char>(c);
    return byte < 0x20 || byte == 0x7f;
  });
}

}  // namespace corka::http
