// A group that counts clicks, and what its tests ask of it.
#pragma once

#include "support/world.hpp"

#include <corka/group.hpp>

#include <algorithm>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace corka::test::counting {

inline const stream<std::string> clicks{"clicks"};

inline group<std::int64_t> counters() {
  group<std::int64_t> g{"counters"};
  g.input(clicks, [](context<std::int64_t>& ctx, std::string) { ctx.set(ctx.value().value_or(0) + 1); });
  return g;
}

/// `n` clicks, of `users` users in turn.
inline void write_some(world& w, int n, int users) {
  std::vector<std::pair<std::string, std::string>> records;
  for (int i = 0; i < n; ++i) records.emplace_back("user" + std::to_string(i % users), "page");
  w.write_all("clicks", records);
}
/// A click of each of `n` users.
inline void write_some(world& w, int n) { write_some(w, n, n); }

/// Clicks that the table's topic knows of.
inline std::int64_t total(world& w) {
  std::int64_t sum = 0;
  for (const auto& [key, value] : w.table("counters-table")) sum += std::stoll(value);
  return sum;
}

/// Records of the table's topic that were read at the partitions' starts.
inline std::uint64_t recovered_records(const processor& p) {
  std::uint64_t sum = 0;
  for (const auto& s : p.status().partitions) {
    if (s.table && s.table->recovery) sum += s.table->recovery->records;
  }
  return sum;
}

inline bool logged(const world& w, std::string_view text) {
  return std::ranges::any_of(w.log, [&](const auto& line) { return line.find(text) != std::string::npos; });
}

}  // namespace corka::test::counting
