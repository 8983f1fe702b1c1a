#include "query/negotiation.hpp"
#include "query/base64url.hpp"

#include <doctest/doctest.h>

#include <string>

using namespace corka::query;
using namespace std::string_literals;

TEST_CASE("negotiation: a tag is the same for the same bytes in the same form only") {
  CHECK(entity_tag("a", "j") == entity_tag("a", "j"));
  CHECK(entity_tag("a", "j") != entity_tag("b", "j"));
  CHECK(entity_tag("a", "j") != entity_tag("a", "r"));
  CHECK(entity_tag("", "j") != entity_tag("\0"s, "j"));
  CHECK(entity_tag("a", "j") == "\"af63dc4c8601ec8cj\"");  // FNV-1a's published value
}

TEST_CASE("negotiation: If-None-Match is a list of tags, or anything") {
  CHECK(has_tag("\"1\"", "\"1\""));
  CHECK(has_tag("\"0\", W/\"1\" ,\"2\"", "\"1\""));
  CHECK(has_tag("*", "\"1\""));
  CHECK_FALSE(has_tag("", "\"1\""));
  CHECK_FALSE(has_tag("\"11\"", "\"1\""));
  CHECK_FALSE(has_tag("1", "\"1\""));
}

TEST_CASE("negotiation: raw bytes are for those who prefer them by name") {
  CHECK(prefers_raw("application/octet-stream"));
  CHECK(prefers_raw("Application/Octet-Stream;q=0.5"));
  CHECK(prefers_raw("*/*;q=0.1, application/octet-stream"));
  CHECK(prefers_raw("application/json;q=0.8, application/octet-stream;q=0.9"));
  for (const std::string_view accept :
       {"", "*/*", "application/*", "application/json", "application/json, application/octet-stream",
        "application/octet-stream;q=0", "application/octet-stream;q=0.8, application/json;q=0.9",
        "application/octet-stream;q=x", "text/html,application/xhtml+xml,*/*;q=0.8"}) {
    CAPTURE(accept);
    CHECK_FALSE(prefers_raw(accept));
  }
}

TEST_CASE("base64url: what encoders write is read, padded or not") {
  CHECK(base64url_decode("") == "");
  CHECK(base64url_decode("AA") == "\0"s);
  CHECK(base64url_decode("AA==") == "\0"s);
  CHECK(base64url_decode("_-8") == "\xff\xef");
  CHECK(base64url_decode("_-8=") == "\xff\xef");
  CHECK(base64url_decode("Zm9vYmFy") == "foobar");
}

TEST_CASE("base64url: what no encoder writes is refused") {
  for (const std::string_view text :
       {"A", "AAAAA", "AB", "AAB", "A+==", "A/==", "A A=", "AA=", "=", "====", "AA===", "A\n"}) {
    CAPTURE(text);
    CHECK_FALSE(base64url_decode(text));
  }
}
