#include "http/target.hpp"

#include <doctest/doctest.h>

using namespace corka::http;

TEST_CASE("target: a path with a query") {
  const auto t = parse_target("/a/b?x=1&y=?");
  REQUIRE(t);
  CHECK(t->path == "/a/b");
  CHECK(t->query == "x=1&y=?");
  CHECK(t->authority.empty());
}

TEST_CASE("target: an absolute URL brings its own host") {
  const auto t = parse_target("HTTP://evil.example:80/a?b");
  REQUIRE(t);
  CHECK(t->authority == "evil.example:80");
  CHECK(t->path == "/a");
  CHECK(t->query == "b");
  const auto bare = parse_target("http://localhost?q=1");
  REQUIRE(bare);
  CHECK(bare->path == "/");
  CHECK(bare->query == "q=1");
}

TEST_CASE("target: an asterisk is OPTIONS' own") { CHECK(parse_target("*")->path == "*"); }

TEST_CASE("target: anything else is refused") {
  for (const std::string_view raw : {"", "a", "localhost:80", "ftp://x/", "http://", "http:///a", "?a=b"}) {
    CAPTURE(raw);
    CHECK_FALSE(parse_target(raw));
  }
}

TEST_CASE("target: queries are decoded pair by pair") {
  std::vector<parameter> q;
  REQUIRE(decode_query("a=1&&b&c=&=d&e%3d=%00f+g&a=2", q));
  REQUIRE(q.size() == 6);
  CHECK(q[0].name == "a");
  CHECK(q[0].value == "1");
  CHECK(q[1].name == "b");
  CHECK(q[1].value.empty());
  CHECK(q[2].name == "c");
  CHECK(q[3].name.empty());
  CHECK(q[3].value == "d");
  CHECK(q[4].name == "e=");
  CHECK(q[4].value == std::string{"\0f g", 4});
  CHECK(q[5].value == "2");
  CHECK_FALSE(decode_query("a=%", q));
  CHECK_FALSE(decode_query("%zz=1", q));
}
