// The workload "count": many small records over many keys, state int64 += 1 per record.
#pragma once

#include <charconv>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace bench {

inline constexpr const char* input_topic = "bench-clicks";
inline constexpr std::int32_t partitions = 8;
inline constexpr std::uint64_t keys = 100'000;
inline constexpr std::size_t value_bytes = 100;

/// Spreads numbers over all 64 bits (the finaliser of SplitMix64).
[[nodiscard]] constexpr std::uint64_t scramble(std::uint64_t x) {
  x += 0x9e3779b97f4a7c15U;
  x = (x ^ (x >> 30U)) * 0xbf58476d1ce4e5b9U;
  x = (x ^ (x >> 27U)) * 0x94d049bb133111ebU;
  return x ^ (x >> 31U);
}

/// Key number of record `i`: uniform.
[[nodiscard]] constexpr std::uint64_t key_number(std::uint64_t i) { return scramble(i) % keys; }

/// Sixteen hexadecimal digits, in an order that has nothing to do with the number.
[[nodiscard]] inline std::string key_text(std::uint64_t number) {
  std::string text(16, '0');
  auto bits = scramble(~number);
  for (auto& c : text) {
    c = "0123456789abcdef"[bits & 15U];
    bits >>= 4U;
  }
  return text;
}

/// Incompressible enough, and another one for each record.
[[nodiscard]] inline std::string value_text(std::uint64_t i) {
  std::string text;
  for (std::uint64_t part = 0; text.size() < value_bytes; ++part) text += key_text(i * 7 + part);
  text.resize(value_bytes);
  return text;
}

/// How often each key occurs in the first `records` records.
[[nodiscard]] inline std::vector<std::int64_t> truth(std::uint64_t records) {
  std::vector<std::int64_t> counts(keys);
  for (std::uint64_t i = 0; i < records; ++i) ++counts[key_number(i)];
  return counts;
}

}  // namespace bench
