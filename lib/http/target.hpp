// The request target (RFC 9112, section 3.2), taken apart.
#pragma once

#include <corka/http/request.hpp>

#include <optional>
#include <string_view>
#include <vector>

namespace corka::http {

/// Views into the raw target. `path` starts with '/', or is "*" (of OPTIONS).
struct target {
  std::string_view authority;  ///< of the absolute form, which takes the place of Host; else empty
  std::string_view path;
  std::string_view query;
};

/// Nothing: it is in none of the forms that a server that is no proxy takes.
[[nodiscard]] std::optional<target> parse_target(std::string_view raw) noexcept;

/// Decodes "a=1&b=%32" and appends it. False: malformed percent-encoding.
[[nodiscard]] bool decode_query(std::string_view query, std::vector<parameter>& out);

}  // namespace corka::http
