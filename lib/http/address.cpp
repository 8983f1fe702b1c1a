#include "http/address.hpp"

#include <corka/error.hpp>

#include <charconv>
#include <cstdint>
#include <system_error>

namespace corka::http {

namespace asio = boost::asio;

asio::ip::tcp::endpoint parse_address(std::string_view text) {
  const auto refuse = [text](std::string_view why) {
    throw error{errc::invalid_option, "HTTP address '" + std::string{text} + "': " + std::string{why} +
                                          "; write it like 127.0.0.1:8080, [::1]:8080 or 0.0.0.0:8080"};
  };
  const auto colon = text.rfind(':');
  if (colon == std::string_view::npos) refuse("the port is missing");
  const auto number = text.substr(colon + 1);
  std::uint16_t port = 0;
  const auto [end, failed] = std::from_chars(number.data(), number.data() + number.size(), port);
  if (failed != std::errc{} || end != number.data() + number.size()) refuse("the port is no number up to 65535");

  auto host = text.substr(0, colon);
  if (host == "localhost") return {asio::ip::address_v4::loopback(), port};
  const bool bracketed = host.size() > 2 && host.front() == '[' && host.back() == ']';
  if (bracketed) host = host.substr(1, host.size() - 2);
  boost::system::error_code no_address;
  const auto address = asio::ip::make_address(std::string{host}, no_address);
  if (no_address) refuse("the host is no IP address");
  if (address.is_v6() != bracketed) refuse("an IPv6 address, and only that, stands in brackets");
  return {address, port};
}

std::string to_string(const asio::ip::tcp::endpoint& at) {
  const auto host = at.address().is_v6() ? "[" + at.address().to_string() + "]" : at.address().to_string();
  return host + ":" + std::to_string(at.port());
}

}  // namespace corka::http
