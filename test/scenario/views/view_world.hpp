// A table and views of it, in virtual time.
#pragma once

#include "support/world.hpp"

#include <corka/view.hpp>

#include <algorithm>
#include <map>
#include <string>
#include <utility>
#include <vector>

namespace corka::test {

using text_view = view<std::string>;
using text_rows = std::vector<std::pair<std::string, std::string>>;

inline const table<std::string> users{"users"};

/// Compacted, as tables are.
inline void create_table(world& w, std::int32_t partitions) {
  w.create("users", partitions, {{"cleanup.policy", "compact"}});
}

/// Value, "(none)", or the error in parentheses.
[[nodiscard]] inline std::string read(const text_view& v, std::string_view key) {
  try {
    return v.get(key).value_or("(none)");
  } catch (const error& e) { return "(" + e.code().message() + ")"; }
}

[[nodiscard]] inline std::string not_recovered() { return "(" + make_error_code(errc::not_recovered).message() + ")"; }

[[nodiscard]] inline text_rows collected(const text_view::iteration& rows) {
  text_rows all;
  for (const auto& row : rows) all.push_back(row);
  return all;
}

/// Brokers seem gone to every view, while everybody else goes on. "admin" is whom they ask.
inline void cut(world& w, bool away, const std::string& view_name = "view-users") {
  w.broker->set_reachable(view_name, !away);
  w.broker->set_reachable("admin", !away);
}

inline bool is(const text_view& v, view_state state) { return v.state() == state; }

}  // namespace corka::test
