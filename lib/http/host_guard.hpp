// Keeps other sites' pages in a browser away from the server.
#pragma once

#include <corka/http/request.hpp>

#include <boost/asio/ip/address.hpp>

#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace corka::http {

/// Knows by which names the server may be addressed.
///
/// A page of another site can let its own name resolve to this machine (DNS rebinding) and would then read everything
/// here, but the browser still sends that name as Host. Allowed are localhost, the address the connection came in on,
/// any address where the server is bound to all of them (an address cannot be rebound), and the names that the program
/// was given; "*" among them allows all.
class host_guard {
 public:
  host_guard(const boost::asio::ip::address& bound, std::vector<std::string> names);

  /// `host` is Host's value, with or without a port.
  [[nodiscard]] bool allows(std::string_view host, const boost::asio::ip::address& local) const;

 private:
  bool any_address_;
  bool any_name_;
  boost::asio::ip::address bound_;
  std::vector<std::string> names_;
};

/// Whether a page of another site made a browser send this: by Sec-Fetch-Site, or by Origin where that is missing.
/// Other programs send neither.
[[nodiscard]] bool is_cross_site(std::span<const field> fields, std::string_view host) noexcept;

}  // namespace corka::http
