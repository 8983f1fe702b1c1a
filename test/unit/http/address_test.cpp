#include "http/address.hpp"

#include <corka/error.hpp>

#include <doctest/doctest.h>

using namespace corka::http;

TEST_CASE("address: what flags have is read and written") {
  CHECK(to_string(parse_address("127.0.0.1:8080")) == "127.0.0.1:8080");
  CHECK(to_string(parse_address("localhost:0")) == "127.0.0.1:0");
  CHECK(to_string(parse_address("[::1]:80")) == "[::1]:80");
  CHECK(to_string(parse_address("0.0.0.0:65535")) == "0.0.0.0:65535");
  CHECK(parse_address("[::]:1").address().is_unspecified());
}

TEST_CASE("address: mistakes are shown with the cure") {
  for (const char* text : {"", "8080", "127.0.0.1", "127.0.0.1:", "127.0.0.1:x", "127.0.0.1:65536", "127.0.0.1:-1",
                           "example.com:80", ":80", "::1:80", "[127.0.0.1]:80", "[::1:80"}) {
    CAPTURE(text);
    CHECK_THROWS_WITH_AS(static_cast<void>(parse_address(text)), doctest::Contains("write it like 127.0.0.1:8080"),
                         corka::error);
  }
}
