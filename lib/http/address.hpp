// "127.0.0.1:8080" as flags have it.
#pragma once

#include <boost/asio/ip/tcp.hpp>

#include <string>
#include <string_view>

namespace corka::http {

/// "127.0.0.1:8080", "[::1]:8080", "localhost:8080", "0.0.0.0:8080" for all of IPv4, "[::]:8080" for everything, port 0
/// for any free one. Names other than localhost are not looked up. @throws error{errc::invalid_option}.
[[nodiscard]] boost::asio::ip::tcp::endpoint parse_address(std::string_view text);

/// "127.0.0.1:8080".
[[nodiscard]] std::string to_string(const boost::asio::ip::tcp::endpoint& at);

}  // namespace corka::http
