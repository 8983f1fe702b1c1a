#include "http/target.hpp"

#include "http/percent.hpp"

#include <algorithm>

namespace corka::http {

std::optional<target> parse_target(std::string_view raw) noexcept {
  target t;
  if (raw == "*") {
    t.path = raw;
    return t;
  }
  for (const std::string_view scheme : {"http://", "https://"}) {
    if (!equal_ignoring_case(raw.substr(0, scheme.size()), scheme)) continue;
    raw.remove_prefix(scheme.size());
    const auto end = std::min(raw.find_first_of("/?"), raw.size());
    t.authority = raw.substr(0, end);
    if (t.authority.empty()) return {};
    raw.remove_prefix(end);
    if (raw.empty() || raw.front() == '?') {
      t.path = "/";
      t.query = raw.substr(raw.empty() ? 0 : 1);
      return t;
    }
    break;
  }
  if (raw.empty() || raw.front() != '/') return {};
  const auto mark = raw.find('?');
  t.path = raw.substr(0, mark);
  if (mark != std::string_view::npos) t.query = raw.substr(mark + 1);
  return t;
}

bool decode_query(std::string_view query, std::vector<parameter>& out) {
  while (!query.empty()) {
    const auto end = std::min(query.find('&'), query.size());
    const auto pair = query.substr(0, end);
    query.remove_prefix(std::min(end + 1, query.size()));
    if (pair.empty()) continue;
    const auto equals = std::min(pair.find('='), pair.size());
    auto& p = out.emplace_back();
    if (!percent_decode(pair.substr(0, equals), p.name, plus::is_space)) return false;
    if (equals < pair.size() && !percent_decode(pair.substr(equals + 1), p.value, plus::is_space)) return false;
  }
  return true;
}

}  // namespace corka::http
