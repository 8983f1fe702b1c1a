// A group that writes down what happens to joined rows.
#pragma once

#include "support/world.hpp"

#include <corka/group.hpp>

#include <doctest/doctest.h>

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace corka::test::diary {

inline const stream<std::string> clicks{"clicks"};
inline const stream<std::string> news{"news"};
inline const table<std::string> profiles{"profiles"};
using maybe = std::optional<std::string>;

inline std::string change_text(const maybe& old, const maybe& now) {
  return "[" + old.value_or("-") + ">" + now.value_or("-") + "]";
}

/// Its state is what happened to the key: changes in brackets, clicks with the joined row.
inline group<std::string> diaries() {
  group<std::string> g{"diaries"};
  g.input(clicks, [](context<std::string>& ctx, std::string) {
    ctx.set(ctx.value().value_or("") + "(" + ctx.join(profiles).value_or("-") + ")");
  });
  g.join(profiles);
  g.on_change(profiles, [](context<std::string>& ctx, const maybe& old, const maybe& now) {
    ctx.set(ctx.value().value_or("") + change_text(old, now));
  });
  return g;
}

inline void make_topics(world& w, std::int32_t partitions) {
  w.create("clicks", partitions);
  w.create("news", 1);
  w.create("profiles", partitions, {{"cleanup.policy", "compact"}});
}

inline std::string user(int i) { return "user" + std::to_string(i); }

inline std::vector<std::pair<std::string, std::string>> users(int n, const std::string& value) {
  std::vector<std::pair<std::string, std::string>> all;
  for (int i = 0; i < n; ++i) all.emplace_back(user(i), value);
  return all;
}

inline void crash(world& w, processor& p, const running& run) {
  p.stop();
  p.stop();  // drops what is under way
  REQUIRE(w.until([&] { return run.ended(); }));
}

}  // namespace corka::test::diary
