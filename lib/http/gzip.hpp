// Text for clients that take it compressed.
#pragma once

#include <string>
#include <string_view>

namespace corka::http {

/// `text` as gzip (RFC 1952). A quarter of a megabyte takes a few milliseconds: for what is asked for seldom.
[[nodiscard]] std::string gzip(std::string_view text);

}  // namespace corka::http
