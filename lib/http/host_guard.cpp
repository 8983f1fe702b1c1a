#include "http/host_guard.hpp"

#include <algorithm>
#include <optional>

namespace corka::http {

namespace {

// The name in "name:port", "[v6]:port" or either without a port; nothing if it is none of them.
std::optional<std::string_view> host_name(std::string_view host) noexcept {
  std::string_view name;
  if (host.starts_with('[')) {
    const auto end = host.find(']');
    if (end == std::string_view::npos) return {};
    name = host.substr(1, end - 1);
    host.remove_prefix(end + 1);
  } else {
    name = host.substr(0, host.find(':'));
    host.remove_prefix(name.size());
  }
  const bool port_is_fine =
      host.empty() ||
      (host.front() == ':' && std::all_of(host.begin() + 1, host.end(), [](char c) { return c >= '0' && c <= '9'; }));
  if (name.empty() || !port_is_fine) return {};
  return name;
}

}  // namespace

host_guard::host_guard(const boost::asio::ip::address& bound, std::vector<std::string> names)
    : any_address_{bound.is_unspecified()},
      any_name_{std::find(names.begin(), names.end(), "*") != names.end()},
      bound_{bound},
      names_{std::move(names)} {}

bool host_guard::allows(std::string_view host, const boost::asio::ip::address& local) const {
  if (any_name_) return true;
  const auto name = host_name(host);
  if (!name) return false;
  if (equal_ignoring_case(*name, "localhost")) return true;
  if (std::any_of(names_.begin(), names_.end(), [&](const auto& n) { return equal_ignoring_case(n, *name); }))
    return true;
  boost::system::error_code no_address;
  const auto address = boost::asio::ip::make_address(std::string{*name}, no_address);
  return !no_address && (any_address_ || address == bound_ || address == local);
}

bool is_cross_site(std::span<const field> fields, std::string_view host) noexcept {
  if (const auto site = find_field(fields, "Sec-Fetch-Site")) return *site != "same-origin" && *site != "none";
  const auto origin = find_field(fields, "Origin");
  if (!origin) return false;
  const auto scheme = origin->find("://");
  return scheme == std::string_view::npos || !equal_ignoring_case(origin->substr(scheme + 3), host);
}

}  // namespace corka::http
