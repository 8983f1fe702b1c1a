#include "app/peers.hpp"

#include "app/advertised.hpp"
#include "http/address.hpp"

#include <fmt/format.h>

namespace corka::app_parts {

void peers::announce(std::uint16_t port) {
  const auto bound = http::parse_address(flags_.http.value_or("127.0.0.1:0")).address();
  auto address = advertised_address(flags_.advertise, bound, port, outward_address);
  if (!address.empty() && flags_.runtime.kafka_properties.contains("client.id")) {
    log_.warn(
        fmt::format("{} is not announced to other instances: the property client.id takes its place; leave it "
                    "out, so that any instance answers for the whole group",
                    address));
    address.clear();
  }
  if (!address.empty()) log_.info(fmt::format("other instances reach this one at {}", address));
  core_.advertise = address;
  groups_.announce(std::move(address));
}

std::vector<std::string> host_names(const settings& flags) {
  auto names = flags.http_hosts;
  if (flags.advertise && !flags.advertise->empty())
    names.push_back(flags.advertise->substr(0, flags.advertise->rfind(':')));
  return names;
}

}  // namespace corka::app_parts
