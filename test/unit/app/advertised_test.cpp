#include "app/advertised.hpp"
#include "app/flag_values.hpp"
#include "app/group_directory.hpp"
#include "app/peers.hpp"
#include "kafka/announcement.hpp"

#include <corka/error.hpp>

#include <boost/asio/ip/address.hpp>

#include <doctest/doctest.h>

#include <optional>
#include <string>
#include <vector>

using namespace corka;
using app_parts::advertised_address;
using boost::asio::ip::address;
using boost::asio::ip::make_address;

namespace {

std::string derived(const std::string& bound, std::optional<std::string> asked = {},
                    std::optional<std::string> outward = {}) {
  return advertised_address(asked, make_address(bound), 8080, [&]() -> std::optional<address> {
    if (!outward) return std::nullopt;
    return make_address(*outward);
  });
}

}  // namespace

TEST_CASE("advertised: an address that others can reach is announced, loopback is not") {
  CHECK(derived("10.0.0.5") == "10.0.0.5:8080");
  CHECK(derived("fd00::5") == "[fd00::5]:8080");
  CHECK(derived("127.0.0.1").empty());
  CHECK(derived("::1").empty());
  CHECK(derived("0.0.0.0", {}, "10.1.2.3") == "10.1.2.3:8080");
  CHECK(derived("::", {}, "fd00::7") == "[fd00::7]:8080");
  CHECK(derived("0.0.0.0").empty());
}

TEST_CASE("advertised: what is asked for counts, and port 0 is the server's") {
  CHECK(derived("127.0.0.1", "127.0.0.1:9000") == "127.0.0.1:9000");
  CHECK(derived("10.0.0.5", "node1.local:0") == "node1.local:8080");
  CHECK(derived("10.0.0.5", "").empty());
}

TEST_CASE("advertised: a server is known by the name that is announced for it") {
  app_parts::settings flags;
  flags.http_hosts = {"corka.local"};
  CHECK(app_parts::host_names(flags) == std::vector<std::string>{"corka.local"});
  for (const auto* const announced : {"node1:8080", "https://node1:8443"}) {
    flags.advertise = announced;
    CHECK(app_parts::host_names(flags) == std::vector<std::string>{"corka.local", "node1"});
  }
}

TEST_CASE("advertised: what would be less safe than it looks is refused, with the cure") {
  app_parts::settings flags;
  CHECK_NOTHROW(app_parts::check_security(flags));
  flags.token_for_all = true;
  CHECK_THROWS_WITH_AS(app_parts::check_security(flags), doctest::Contains("--http-token-file"), error);
  flags.http_token = "open-sesame";
  CHECK_NOTHROW(app_parts::check_security(flags));
  flags.http_certificate = "cert.pem";
  CHECK_THROWS_WITH_AS(app_parts::check_security(flags), doctest::Contains("--http-key is missing"), error);
  flags.http_key = "key.pem";
  CHECK_NOTHROW(app_parts::check_security(flags));
  flags.http_authorities = "/nothing/is/here.pem";
  CHECK_THROWS_WITH_AS(app_parts::check_security(flags), doctest::Contains("/nothing/is/here.pem"), error);
}

TEST_CASE("advertised: the way out of this machine is no loopback") {
  const auto own = app_parts::outward_address();
  if (own) CHECK(!own->is_loopback());
}

TEST_CASE("announcement: a client id carries the address, and only what can be one is read from it") {
  const auto through = [](const std::string& address) {
    return std::string{kafka::announced_by(kafka::client_id_of(group_name{"my@group"}, address))};
  };
  for (const std::string fine :
       {"10.0.0.5:8080", "node-1.svc_a.local:1", "[fd00::5]:8080", "https://node1:8443", "https://[fd00::5]:8443"})
    CHECK(through(fine) == fine);
  for (const std::string odd :
       {"", "host", "host:", ":80", "host:8x", "host:123456", "a b:80", "a/b:80", "user@:1", "fd00::5:8080",
        "[fd00::5:80", "https://", "https://node1", "http://node1:80", "https://https://n:1", "h:1\r\nX: y:80"}) {
    CAPTURE(odd);
    CHECK(through(odd).empty());
  }
  CHECK(kafka::client_id_of(group_name{"planes"}, "") == "planes");
  CHECK(kafka::announced_by("sarama").empty());
}

TEST_CASE("announcement: the flag takes what can be announced, or off") {
  CHECK(app_parts::advertised("node1:8080") == "node1:8080");
  CHECK(app_parts::advertised("off").empty());
  CHECK_THROWS_AS((void)app_parts::advertised("node1"), app_parts::unusable_value);
  CHECK_THROWS_AS((void)app_parts::advertised("http://node1:80"), app_parts::unusable_value);
}

TEST_CASE("announcement: a group is described by the numbers its members hold of any topic") {
  kafka::member_description a{"id-a", "", "planes@a:1", {}};
  for (const std::string topic : {"flights", "more"}) {
    a.holds.push_back({topic_name{topic}, partition_id{2}});
    a.holds.push_back({topic_name{topic}, partition_id{0}});
  }
  const kafka::member_description b{"id-b", "static-b", "goka", {{topic_name{"flights"}, partition_id{1}}}};
  const auto d = app_parts::description_of("planes", 3, partitioner::murmur2, {a, b});
  REQUIRE(d.members.size() == 2);
  CHECK(d.members[0] == query::cluster_member{"id-a", "a:1", {partition_id{0}, partition_id{2}}});
  CHECK(d.members[1] == query::cluster_member{"static-b", "", {partition_id{1}}});
  CHECK(d.by == partitioner::murmur2);
}
