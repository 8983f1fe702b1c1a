#include "app/advertised.hpp"

#include "http/address.hpp"

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ip/udp.hpp>

namespace corka::app_parts {

namespace ip = boost::asio::ip;

std::string advertised_address(const std::optional<std::string>& asked, const ip::address& bound, std::uint16_t port,
                               const std::function<std::optional<ip::address>()>& outward) {
  if (asked) {
    if (asked->ends_with(":0")) return asked->substr(0, asked->size() - 1) + std::to_string(port);
    return *asked;  // also where it is empty: told to announce nothing
  }
  if (bound.is_loopback()) return {};
  if (!bound.is_unspecified()) return http::to_string(ip::tcp::endpoint{bound, port});
  const auto own = outward();
  return own ? http::to_string(ip::tcp::endpoint{*own, port}) : std::string{};
}

std::optional<ip::address> outward_address() {
  boost::asio::io_context none;
  // Addresses for documentation (RFC 5737, RFC 3849): to "connect" to one only chooses the way.
  for (const auto* const far : {"192.0.2.1", "2001:db8::1"}) {
    const ip::udp::endpoint there{ip::make_address(far), 9};
    ip::udp::socket probe{none};
    boost::system::error_code failed;
    probe.open(there.protocol(), failed);
    if (!failed) probe.connect(there, failed);
    if (failed) continue;
    auto own = probe.local_endpoint(failed).address();
    if (!failed && !own.is_loopback() && !own.is_unspecified()) return own;
  }
  return std::nullopt;
}

}  // namespace corka::app_parts
