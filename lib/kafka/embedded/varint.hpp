// Numbers of variable length inside a frame: 7 bits a byte, lowest first.
#pragma once

#include <cstdint>

namespace corka::kafka::embedded {

inline constexpr int varint_most = 10;  ///< bytes of the largest number

/// Writes at `p`, which has room for `varint_most` bytes; returns the end.
inline char* put_varint(char* p, std::uint64_t v) noexcept {
  while (v >= 0x80U) {
    *p++ = static_cast<char>(v | 0x80U);
    v >>= 7U;
  }
  *p++ = static_cast<char>(v);
  return p;
}

/// Reads at `p` < `end`; null where the bytes end too early or are no number.
inline const char* get_varint(const char* p, const char* end, std::uint64_t& v) noexcept {
  if (p < end && static_cast<unsigned char>(*p) < 0x80U) {
    v = static_cast<unsigned char>(*p);
    return p + 1;
  }
  v = 0;
  for (unsigned shift = 0; shift < 64 && p < end; shift += 7) {
    const auto byte = static_cast<unsigned char>(*p++);
    v |= static_cast<std::uint64_t>(byte & 0x7fU) << shift;
    if (byte < 0x80U) return p;
  }
  return nullptr;
}

/// Small numbers of either sign become small.
constexpr std::uint64_t zigzag(std::int64_t v) noexcept {
  return (static_cast<std::uint64_t>(v) << 1U) ^ static_cast<std::uint64_t>(v >> 63);
}
constexpr std::int64_t unzigzag(std::uint64_t v) noexcept {
  return static_cast<std::int64_t>(v >> 1U) ^ -static_cast<std::int64_t>(v & 1U);
}

}  // namespace corka::kafka::embedded
