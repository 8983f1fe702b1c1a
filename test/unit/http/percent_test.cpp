#include "http/percent.hpp"

#include <doctest/doctest.h>

#include <optional>
#include <string>
#include <string_view>

using namespace corka::http;
using namespace std::string_literals;

namespace {

std::optional<std::string> decoded(std::string_view text, plus p = plus::is_plus) {
  std::string out;
  if (!percent_decode(text, out, p)) return {};
  return out;
}

}  // namespace

TEST_CASE("percent: every byte survives being encoded and decoded") {
  std::string all;
  for (int i = 0; i < 256; ++i) all += static_cast<char>(i);
  const auto text = percent_encode(all);
  CHECK(text.find_first_not_of("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~%") ==
        std::string::npos);
  CHECK(decoded(text) == all);
}

TEST_CASE("percent: encoded bytes may be anything, in either case") {
  CHECK(decoded("%00%ff%FF%2f%25") == "\0\xff\xff/%"s);
  CHECK(decoded("") == "");
  CHECK(decoded("a+b") == "a+b");
  CHECK(decoded("a+b%2b", plus::is_space) == "a b+");
}

TEST_CASE("percent: what is not properly encoded is refused") {
  for (const std::string_view text : {"%", "%4", "%%", "%g0", "%0g", "a%", "a%2", "% 1", "%+1", "a b", "a#b", "a\tb",
                                      "\x7f", "\x80", "caf\xc3\xa9"}) {
    CAPTURE(text);
    CHECK_FALSE(decoded(text));
  }
  CHECK_FALSE(decoded("\0"s));
}
