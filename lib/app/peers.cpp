#include "app/peers.hpp"

#include "app/advertised.hpp"
#include "http/address.hpp"
#include "http/tls.hpp"

#include <corka/error.hpp>

#include <fmt/format.h>

#include <string_view>

namespace corka::app_parts {

namespace {
constexpr std::string_view tls = "https://";
}

void peers::announce(std::uint16_t port) {
  const auto bound = http::parse_address(flags_.http.value_or("127.0.0.1:0")).address();
  auto address = advertised_address(flags_.advertise, bound, port, outward_address);
  if (!address.empty() && !flags_.http_certificate.empty() && !address.starts_with(tls)) address.insert(0, tls);
  if (!address.empty() && flags_.runtime.kafka_properties.contains("client.id")) {
    log_.warn(
        fmt::format("{} is not announced to other instances: the property client.id takes its place; leave it "
                    "out, so that any instance answers for the whole group",
                    address));
    address.clear();
  }
  if (!address.empty()) log_.info(fmt::format("other instances reach this one at {}", address));
  core_.advertise = address;
  who_.announce(address);
  groups_.announce(std::move(address));
}

void check_security(const settings& flags) {
  if (flags.token_for_all && flags.http_token.empty()) {
    throw error{
        errc::invalid_option,
        "--http-token-for all: there is no token: give its file by --http-token-file, or set $CORKA_HTTP_TOKEN"};
  }
  if (flags.http_certificate.empty() != flags.http_key.empty()) {
    throw error{errc::invalid_option,
                fmt::format("{} is missing: TLS needs both the certificate (--http-cert) and its key (--http-key)",
                            flags.http_key.empty() ? "--http-key" : "--http-cert")};
  }
  // Once now, rather than at the first question to another instance.
  if (!flags.http_authorities.empty()) (void)http::client_tls(flags.http_authorities);
}

std::vector<std::string> host_names(const settings& flags) {
  auto names = flags.http_hosts;
  if (flags.advertise && !flags.advertise->empty()) {
    const auto begin = flags.advertise->starts_with(tls) ? tls.size() : 0;
    names.push_back(flags.advertise->substr(begin, flags.advertise->rfind(':') - begin));
  }
  return names;
}

}  // namespace corka::app_parts
