#include "http/gzip.hpp"

#include "support/gunzip.hpp"

#include <doctest/doctest.h>

#include <random>
#include <string>

namespace corka::http {

TEST_CASE("gzip: what comes out is what went in, of any length") {
  std::string text;
  for (int i = 0; text.size() < 300'000; ++i) text += std::to_string(i * 7919 % 1000) + ",";
  for (const std::size_t size : {0U, 1U, 17U, 4'096U, 65'535U, 65'536U, 300'000U}) {
    const auto part = text.substr(0, size);
    CHECK(test::gunzip(gzip(part)) == part);
  }
  CHECK(gzip(text).size() < text.size() / 2);
}

TEST_CASE("gzip: what cannot be made smaller becomes hardly larger") {
  std::mt19937 random{7};
  std::string noise(100'000, ' ');
  for (auto& c : noise) c = static_cast<char>(random() & 0xffU);
  const auto bytes = gzip(noise);
  CHECK(bytes.size() < noise.size() + 200);
  CHECK(test::gunzip(bytes) == noise);
}

}  // namespace corka::http
