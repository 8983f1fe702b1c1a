#include "query/negotiation.hpp"

#include <corka/http/request.hpp>

#include <algorithm>
#include <cstdint>
#include <optional>

namespace corka::query {

namespace {

std::string_view trimmed(std::string_view text) noexcept {
  while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
  while (!text.empty() && (text.back() == ' ' || text.back() == '\t')) text.remove_suffix(1);
  return text;
}

// Takes what is before the next `separator` off `text`.
std::string_view next(std::string_view& text, char separator) noexcept {
  const auto end = std::min(text.find(separator), text.size());
  const auto part = text.substr(0, end);
  text.remove_prefix(std::min(end + 1, text.size()));
  return trimmed(part);
}

// Thousandths, as in "q=0.5"; what is malformed weighs nothing.
int weight(std::string_view value) noexcept {
  if (value.empty() || value[0] < '0' || value[0] > '1') return 0;
  int w = (value[0] - '0') * 1000;
  for (std::size_t i = 2, unit = 100; i < value.size() && unit > 0; ++i, unit /= 10) {
    if (value[1] != '.' || value[i] < '0' || value[i] > '9') return 0;
    w += (value[i] - '0') * static_cast<int>(unit);
  }
  return std::min(w, 1000);
}

std::optional<int> accepted(std::string_view accept, std::string_view type) noexcept {
  while (!accept.empty()) {
    auto range = next(accept, ',');
    if (!http::equal_ignoring_case(next(range, ';'), type)) continue;
    while (!range.empty()) {
      const auto parameter = next(range, ';');
      if (parameter.size() > 2 && (parameter[0] == 'q' || parameter[0] == 'Q') && parameter[1] == '=') {
        return weight(parameter.substr(2));
      }
    }
    return 1000;
  }
  return {};
}

}  // namespace

std::string entity_tag(std::string_view bytes, std::string_view form) {
  std::uint64_t hash = 14'695'981'039'346'656'037U;  // FNV-1a
  for (const char c : bytes) hash = (hash ^ static_cast<unsigned char>(c)) * 1'099'511'628'211U;
  std::string tag{'"'};
  for (int shift = 60; shift >= 0; shift -= 4) tag += "0123456789abcdef"[hash >> shift & 15U];
  return tag.append(form).append("\"");
}

bool has_tag(std::string_view if_none_match, std::string_view tag) noexcept {
  while (!if_none_match.empty()) {
    auto one = next(if_none_match, ',');
    if (one == "*") return true;
    if (one.starts_with("W/")) one.remove_prefix(2);
    if (one == tag) return true;
  }
  return false;
}

bool prefers_raw(std::string_view accept) noexcept {
  const auto raw = accepted(accept, "application/octet-stream").value_or(0);
  return raw > 0 && raw > accepted(accept, "application/json").value_or(0);
}

bool accepts_gzip(std::string_view accept_encoding) noexcept {
  if (const auto named = accepted(accept_encoding, "gzip")) return *named > 0;
  return accepted(accept_encoding, "*").value_or(0) > 0;
}

bool prefers_openmetrics(std::string_view accept) noexcept {
  const auto open = accepted(accept, "application/openmetrics-text").value_or(0);
  return open > 0 && open >= accepted(accept, "text/plain").value_or(0);
}

}  // namespace corka::query
