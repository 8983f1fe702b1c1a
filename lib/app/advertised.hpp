// Where other instances reach this one.
#pragma once

#include <boost/asio/ip/address.hpp>

#include <cstdint>
#include <functional>
#include <optional>
#include <string>

namespace corka::app_parts {

/// The address to announce: `asked` (its port 0: the server's), else that of the server where other machines can reach
/// it. A server on all addresses is announced by `outward`. Empty: nothing is announced, as on loopback.
[[nodiscard]] std::string advertised_address(const std::optional<std::string>& asked,
                                             const boost::asio::ip::address& bound, std::uint16_t port,
                                             const std::function<std::optional<boost::asio::ip::address>()>& outward);

/// The address of this machine that packets to elsewhere leave from; nothing where there is no such way. Sends nothing.
[[nodiscard]] std::optional<boost::asio::ip::address> outward_address();

}  // namespace corka::app_parts
