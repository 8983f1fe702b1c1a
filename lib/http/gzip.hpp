// Text for clients that take it compressed.
#pragma once

#include <string>
#include <string_view>

namespace corka::http {

/// `text` as gzip (RFC 1952). A quarter of a megabyte takes a few milliseconds: for what is asked for seldom.
[[nodiscard]] std::string gzip(std::string_view text);

/// What a gzip stream without an end begins with; pieces follow it.
inline constexpr std::string_view gzip_begin{"\x1f\x8b\x08\0\0\0\0\0\0\xff", 10};

/// `text` as a piece of such a stream: it refers to nothing before it, so that the same piece is for every client, and
/// ends at a byte, so that whoever gets it can read all of it at once.
[[nodiscard]] std::string gzip_piece(std::string_view text);

}  // namespace corka::http
