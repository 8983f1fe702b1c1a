#include "base/excerpt.hpp"

#include <algorithm>

namespace corka {

namespace {

constexpr std::string_view digits = "0123456789abcdef";

void append_hex(std::string& to, char c) {
  const auto byte = static_cast<unsigned char>(c);
  to += digits[byte >> 4U];
  to += digits[byte & 0xfU];
}

void append_printable(std::string& to, char c) {
  if (c == '"' || c == '\\') {
    (to += '\\') += c;
  } else if (c == '\n') {
    to += "\\n";
  } else if (c >= ' ' && c <= '~') {
    to += c;
  } else {
    append_hex(to += "\\x", c);
  }
}

}  // namespace

std::string hex(std::string_view bytes) {
  std::string out;
  out.reserve(bytes.size() * 2);
  for (const char c : bytes) append_hex(out, c);
  return out;
}

std::string excerpt(std::string_view bytes, std::size_t max, std::size_t around) {
  const std::size_t length = std::min(max, bytes.size());
  const std::size_t centred = around > length / 2 ? around - length / 2 : 0;
  const std::size_t from = std::min(centred, bytes.size() - length);

  std::string out = from > 0 ? "…\"" : "\"";
  for (const char c : bytes.substr(from, length)) append_printable(out, c);
  out += '"';
  if (from + length < bytes.size()) out += "…";
  if (length < bytes.size()) out += " (" + std::to_string(bytes.size()) + " bytes)";
  return out;
}

}  // namespace corka
