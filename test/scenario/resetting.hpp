// A group whose visitors set its rows, and what its tests ask of it.
#pragma once

#include "support/visiting.hpp"

#include "async/timer.hpp"

#include <corka/group.hpp>

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <string>
#include <utility>
#include <vector>

namespace corka::test::resetting {

inline const stream<std::string> orders{"orders"};

/// Keeps what was written last.
inline group<std::string> keeping() {
  group<std::string> g{"g"};
  g.input(orders, [](context<std::string>& ctx, const std::string& text) {
    if (text == "erase") ctx.erase();
    else ctx.set(text);
  });
  return g;
}

/// Its visitor "reset" sets every row to what it is given.
inline group<std::string> resettable() {
  auto g = keeping();
  g.visitor<std::string>("reset", [](context<std::string>& ctx, const std::string& to) { ctx.set(to); });
  return g;
}

/// The same, but each row takes `each`.
inline group<std::string> slowly_resettable(world& w, std::chrono::milliseconds each) {
  auto g = keeping();
  g.visitor<std::string>("reset", [&w, each](context<std::string>& ctx, std::string to) -> task<> {
    co_await async::sleep_for(w.threads.time(), each);
    ctx.set(to);
  });
  return g;
}

/// Of the same length, so that keys are in the order of their numbers.
inline std::string key(int i) { return "k" + std::to_string(1'000'000 + i); }

inline void fill(world& w, int rows, const std::string& value = "1") {
  std::vector<std::pair<std::string, std::string>> all;
  for (int i = 0; i < rows; ++i) all.emplace_back(key(i), value);
  w.write_all("orders", all);
}

/// How many rows of the table's topic have this value.
inline std::ptrdiff_t with_value(world& w, const std::string& value) {
  const auto table = w.table("g-table");
  return std::ranges::count(table, value, [](const auto& row) { return row.second; });
}

}  // namespace corka::test::resetting
