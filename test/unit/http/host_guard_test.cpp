#include "http/host_guard.hpp"

#include <doctest/doctest.h>

#include <string_view>
#include <vector>

using namespace corka::http;
using boost::asio::ip::make_address;

TEST_CASE("host guard: bound to loopback, only this machine's own names pass") {
  const host_guard g{make_address("127.0.0.1"), {"corka.example"}};
  const auto local = make_address("127.0.0.1");
  for (const std::string_view host : {"localhost", "LOCALHOST:8080", "127.0.0.1", "127.0.0.1:1", "corka.example",
                                      "Corka.Example:443", "localhost:"}) {
    CAPTURE(host);
    CHECK(g.allows(host, local));
  }
  for (const std::string_view host :
       {"evil.example", "localhost.evil.example", "127.0.0.1.evil.example", "127.0.0.2", "10.0.0.1", "[::1]", "", ":80",
        "localhost:80x", "localhost:80:80", "user@localhost", "localhost/", "[", "[127.0.0.1", "[localhost]x"}) {
    CAPTURE(host);
    CHECK_FALSE(g.allows(host, local));
  }
}

TEST_CASE("host guard: bound to all addresses, any address passes but no other name") {
  const host_guard g{make_address("0.0.0.0"), {}};
  const auto local = make_address("10.1.2.3");
  CHECK(g.allows("10.1.2.3:8080", local));
  CHECK(g.allows("192.168.0.1", local));
  CHECK(g.allows("[::1]:80", local));
  CHECK(g.allows("localhost", local));
  CHECK_FALSE(g.allows("evil.example", local));
}

TEST_CASE("host guard: an asterisk among the names allows all") {
  const host_guard g{make_address("127.0.0.1"), {"*"}};
  CHECK(g.allows("anything.example", make_address("127.0.0.1")));
}

TEST_CASE("host guard: cross-site requests are known by what browsers add") {
  const auto cross = [](std::vector<field> fields) { return is_cross_site(fields, "localhost:8080"); };
  CHECK_FALSE(cross({}));
  CHECK_FALSE(cross({{"Origin", "http://localhost:8080"}}));
  CHECK_FALSE(cross({{"origin", "http://LOCALHOST:8080"}, {"sec-fetch-site", "same-origin"}}));
  CHECK_FALSE(cross({{"Sec-Fetch-Site", "none"}}));
  CHECK(cross({{"Origin", "http://localhost:9090"}}));
  CHECK(cross({{"Origin", "http://evil.example"}}));
  CHECK(cross({{"Origin", "null"}}));
  CHECK(cross({{"Sec-Fetch-Site", "same-site"}}));
  CHECK(cross({{"Sec-Fetch-Site", "cross-site"}, {"Origin", "http://localhost:8080"}}));
}
