// How a member says where its HTTP server is: in its client id, which the group's description shows to everybody.
#pragma once

#include <corka/ids.hpp>

#include <algorithm>
#include <string>
#include <string_view>

namespace corka::kafka {

/// "planes@10.0.0.5:8080"; the group's name alone where `address` is empty.
[[nodiscard]] inline std::string client_id_of(const group_name& group, std::string_view address) {
  return address.empty() ? group.str() : group.str() + "@" + std::string{address};
}

/// The address in a client id, as "host:port" or "https://host:port"; empty where it announces none, as those of other
/// programs.
[[nodiscard]] inline std::string_view announced_by(std::string_view client_id) noexcept {
  const auto at = client_id.rfind('@');
  if (at == std::string_view::npos) return {};
  const auto whole = client_id.substr(at + 1);
  constexpr std::string_view tls = "https://";
  const auto address = whole.starts_with(tls) ? whole.substr(tls.size()) : whole;
  const auto colon = address.rfind(':');
  if (colon == std::string_view::npos || colon == 0) return {};
  const auto port = address.substr(colon + 1);
  const auto digit = [](char c) { return c >= '0' && c <= '9'; };
  if (port.empty() || port.size() > 5 || !std::all_of(port.begin(), port.end(), digit)) return {};
  // Nothing that could stand for something else in a URL or in a header.
  const auto of_host = [&](char c) {
    return digit(c) || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '.' || c == '-' || c == '_' ||
           c == ':' || c == '[' || c == ']';
  };
  const auto host = address.substr(0, colon);
  if (!std::all_of(host.begin(), host.end(), of_host)) return {};
  const bool bracketed = host.front() == '[' && host.back() == ']';
  return bracketed || host.find_first_of(":[]") == std::string_view::npos ? whole : std::string_view{};
}

}  // namespace corka::kafka
