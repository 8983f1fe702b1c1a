// Percent-encoding (RFC 3986, section 2.1), strict.
#pragma once

#include <string>
#include <string_view>

namespace corka::http {

/// How '+' is read: as itself in a path, as a space in a query, where forms write it.
enum class plus { is_plus, is_space };

/// The bytes that `text` stands for, appended to `out`. False, with `out` unspecified: a '%' without two hexadecimal
/// digits, or a byte that may not stand in a URL unencoded (controls, space, '#', ≥ 0x7f).
[[nodiscard]] bool percent_decode(std::string_view text, std::string& out, plus p = plus::is_plus);

/// `bytes` such that they can be one segment of a path or a value of a query.
[[nodiscard]] std::string percent_encode(std::string_view bytes);

}  // namespace corka::http
