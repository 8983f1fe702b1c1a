#include "http/gzip.hpp"

#include <boost/beast/zlib/inflate_stream.hpp>
#include <boost/crc.hpp>

#include <doctest/doctest.h>

#include <cstddef>
#include <cstdint>
#include <random>
#include <string>

namespace corka::http {

namespace {

namespace zlib = boost::beast::zlib;

std::uint32_t number_at(const std::string& in, std::size_t at) {
  std::uint32_t n = 0;
  for (std::size_t i = 4; i-- > 0;) n = (n << 8U) | static_cast<unsigned char>(in[at + i]);
  return n;
}

/// What was compressed, by the other half of the library; its sum is checked.
std::string unzipped(const std::string& bytes, std::size_t size) {
  REQUIRE(bytes.size() >= 18);
  REQUIRE(bytes.substr(0, 4) == std::string{"\x1f\x8b\x08\0", 4});
  std::string out(size, ' ');
  zlib::inflate_stream inflate;
  zlib::z_params p;
  p.next_in = bytes.data() + 10;
  p.avail_in = bytes.size() - 18;
  p.next_out = out.data();
  p.avail_out = out.size();
  boost::system::error_code ended;
  inflate.write(p, zlib::Flush::finish, ended);
  CHECK(ended == zlib::error::end_of_stream);
  CHECK(p.total_out == size);
  boost::crc_32_type sum;
  sum.process_bytes(out.data(), out.size());
  CHECK(number_at(bytes, bytes.size() - 8) == sum.checksum());
  CHECK(number_at(bytes, bytes.size() - 4) == size);
  return out;
}

}  // namespace

TEST_CASE("gzip: what comes out is what went in, of any length") {
  std::string text;
  for (int i = 0; text.size() < 300'000; ++i) text += std::to_string(i * 7919 % 1000) + ",";
  for (const std::size_t size : {0U, 1U, 17U, 4'096U, 65'535U, 65'536U, 300'000U}) {
    const auto part = text.substr(0, size);
    CHECK(unzipped(gzip(part), size) == part);
  }
  CHECK(gzip(text).size() < text.size() / 2);
}

TEST_CASE("gzip: what cannot be made smaller becomes hardly larger") {
  std::mt19937 random{7};
  std::string noise(100'000, ' ');
  for (auto& c : noise) c = static_cast<char>(random() & 0xffU);
  const auto bytes = gzip(noise);
  CHECK(bytes.size() < noise.size() + 200);
  CHECK(unzipped(bytes, noise.size()) == noise);
}

}  // namespace corka::http
