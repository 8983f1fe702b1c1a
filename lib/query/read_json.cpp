#include "query/read_json.hpp"

#include <cstddef>

namespace corka::query {

namespace {

constexpr std::size_t most_levels = 64;

bool is_flat(std::string_view text) noexcept {
  std::size_t level = 0;
  bool quoted = false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (quoted) {
      if (c == '\\') ++i;
      else quoted = c != '"';
    } else if (c == '"') {
      quoted = true;
    } else if (c == '[' || c == '{') {
      if (++level > most_levels) return false;
    } else if ((c == ']' || c == '}') && level > 0) {
      --level;
    }
  }
  return true;
}

}  // namespace

std::optional<nlohmann::ordered_json> read_json(std::string_view text) {
  if (!is_flat(text)) return {};
  auto j = nlohmann::ordered_json::parse(text, nullptr, false);
  if (j.is_discarded()) return {};
  return j;
}

}  // namespace corka::query
