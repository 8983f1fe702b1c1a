// The workloads of `path`, the same for corka and for the raw loop.
//
// count: many small records over many keys, state int64 += 1 per record.
// enrich: the row of each record's key from a table of 200 B, and 300 B emitted.
// profile: 1 KiB of state per key, rewritten by each record; few keys have most of the records.
#pragma once

#include <algorithm>
#include <charconv>
#include <cmath>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <string_view>
#include <vector>

namespace bench {

inline constexpr std::int32_t partitions = 8;
inline constexpr std::size_t value_bytes = 100;
inline constexpr std::size_t row_bytes = 200;
inline constexpr std::size_t state_bytes = 1024;

struct workload {
  std::string name;
  std::string input;
  std::uint64_t keys;
  std::string table{};   ///< joined; empty: none
  std::string output{};  ///< empty: none
  bool stateful = true;
};

[[nodiscard]] inline workload workload_named(const std::string& name) {
  if (name == "count") return {name, "bench-clicks", 100'000};
  if (name == "enrich") return {name, "bench-orders", 100'000, "bench-rows", "bench-enriched", false};
  if (name == "profile") return {name, "bench-visits", 200'000};
  std::fprintf(stderr, "there is no workload '%s': count, enrich or profile\n", name.c_str());
  std::exit(2);
}

/// Spreads numbers over all 64 bits (the finaliser of SplitMix64).
[[nodiscard]] constexpr std::uint64_t scramble(std::uint64_t x) {
  x += 0x9e3779b97f4a7c15U;
  x = (x ^ (x >> 30U)) * 0xbf58476d1ce4e5b9U;
  x = (x ^ (x >> 27U)) * 0x94d049bb133111ebU;
  return x ^ (x >> 31U);
}

/// Key numbers of a workload's records: zipf(0.99) for profile, uniform for the others.
class key_numbers {
 public:
  explicit key_numbers(const workload& of) : keys_{of.keys} {
    if (of.name != "profile") return;
    double sum = 0;
    for (std::uint64_t k = 1; k <= keys_; ++k) up_to_.push_back(sum += std::pow(static_cast<double>(k), -0.99));
  }
  /// Of record `i`.
  [[nodiscard]] std::uint64_t operator()(std::uint64_t i) const {
    if (up_to_.empty()) return scramble(i) % keys_;
    const auto at = static_cast<double>(scramble(i) >> 11U) * 0x1p-53 * up_to_.back();
    return static_cast<std::uint64_t>(std::upper_bound(up_to_.begin(), up_to_.end(), at) - up_to_.begin()) % keys_;
  }

 private:
  std::uint64_t keys_;
  std::vector<double> up_to_;
};

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

/// Incompressible enough, and another one for each `i`.
[[nodiscard]] inline std::string text_of(std::uint64_t i, std::size_t bytes) {
  std::string text;
  for (std::uint64_t part = 0; text.size() < bytes; ++part) text += key_text(i * 7 + part);
  text.resize(bytes);
  return text;
}
[[nodiscard]] inline std::string value_text(std::uint64_t i) { return text_of(i, value_bytes); }
/// A row of the joined table.
[[nodiscard]] inline std::string row_text(std::uint64_t key) { return text_of(~key, row_bytes); }

/// The next state of profile: how many records there were, in sixteen digits, and the last one's value over and over.
inline void next_state(std::string& state, std::string_view value) {
  std::uint64_t count = 0;
  if (!state.empty()) std::from_chars(state.data(), state.data() + 16, count, 16);
  state.assign(16, '0');
  char digits[16];
  const auto size = static_cast<std::size_t>(std::to_chars(digits, digits + 16, count + 1, 16).ptr - digits);
  state.replace(16 - size, size, digits, size);
  while (state.size() < state_bytes) state += value.substr(0, state_bytes - state.size());
}

/// How often each key occurs in the first `records` records.
[[nodiscard]] inline std::vector<std::int64_t> truth(const workload& of, std::uint64_t records) {
  std::vector<std::int64_t> counts(of.keys);
  const key_numbers numbers{of};
  for (std::uint64_t i = 0; i < records; ++i) ++counts[numbers(i)];
  return counts;
}

/// What a state says how often its key occurred.
[[nodiscard]] inline std::int64_t count_in(const workload& of, std::string_view state) {
  std::int64_t count = 0;
  const bool counts = of.name == "count";
  std::from_chars(state.data(), state.data() + (counts ? state.size() : std::min<std::size_t>(16, state.size())), count,
                  counts ? 10 : 16);
  return count;
}

}  // namespace bench
