// Bytes as text that needs no encoding in URLs (RFC 4648, section 5).
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace corka::query {

/// Without padding.
[[nodiscard]] std::string base64url_encode(std::string_view bytes);

/// With or without padding. Nothing: a character, a length or trailing bits that no encoder writes.
[[nodiscard]] std::optional<std::string> base64url_decode(std::string_view text);

}  // namespace corka::query
