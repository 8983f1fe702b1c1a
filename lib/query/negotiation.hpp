// What a client has already, and what it wants to have.
#pragma once

#include <string>
#include <string_view>

namespace corka::query {

/// Entity tag of `bytes`: equal bytes have equal tags. `form` keeps several forms of one thing apart.
[[nodiscard]] std::string entity_tag(std::string_view bytes, std::string_view form);

/// Whether If-None-Match names `tag`, or anything at all by "*".
[[nodiscard]] bool has_tag(std::string_view if_none_match, std::string_view tag) noexcept;

/// Whether Accept asks for raw bytes: it names application/octet-stream, and application/json not with more weight.
[[nodiscard]] bool prefers_raw(std::string_view accept) noexcept;

/// Whether Accept-Encoding allows gzip.
[[nodiscard]] bool accepts_gzip(std::string_view accept_encoding) noexcept;

/// Whether Accept asks for OpenMetrics rather than plain text.
[[nodiscard]] bool prefers_openmetrics(std::string_view accept) noexcept;

}  // namespace corka::query
