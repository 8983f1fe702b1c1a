// Undoes what the library compresses.
#pragma once

#include <boost/beast/zlib/inflate_stream.hpp>
#include <boost/crc.hpp>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace corka::test {

/// What was compressed (RFC 1952, one member without names); nothing where `bytes` are no such, or their sum is
/// another.
inline std::optional<std::string> gunzip(std::string_view bytes) {
  namespace zlib = boost::beast::zlib;
  constexpr std::string_view begin{"\x1f\x8b\x08\0", 4};
  constexpr std::size_t header = 10;
  constexpr std::size_t trailer = 8;
  if (bytes.size() < header + trailer || !bytes.starts_with(begin)) return std::nullopt;
  const auto number_at = [bytes](std::size_t at) {
    std::uint32_t n = 0;
    for (std::size_t i = 4; i-- > 0;) n = (n << 8U) | static_cast<unsigned char>(bytes[at + i]);
    return n;
  };
  std::string out(number_at(bytes.size() - 4), ' ');
  zlib::inflate_stream inflate;
  zlib::z_params p;
  p.next_in = bytes.data() + header;
  p.avail_in = bytes.size() - header;  // this inflater may look at some bits behind the end before it sees it
  p.next_out = out.data();
  p.avail_out = out.size();
  boost::system::error_code ended;
  inflate.write(p, zlib::Flush::finish, ended);
  if (ended != zlib::error::end_of_stream || p.total_out != out.size()) return std::nullopt;
  boost::crc_32_type sum;
  sum.process_bytes(out.data(), out.size());
  if (number_at(bytes.size() - trailer) != sum.checksum()) return std::nullopt;
  return out;
}

/// What of a stream without an end can be read already.
inline std::string gunzip_begun(std::string_view bytes) {
  namespace zlib = boost::beast::zlib;
  constexpr std::size_t header = 10;
  constexpr std::size_t most = 1'000'000;
  std::string out(most, ' ');
  zlib::inflate_stream inflate;
  zlib::z_params p;
  p.next_in = bytes.data() + header;
  p.avail_in = bytes.size() - header;
  p.next_out = out.data();
  p.avail_out = out.size();
  boost::system::error_code ended;
  inflate.write(p, zlib::Flush::sync, ended);
  out.resize(p.total_out);
  return out;
}

}  // namespace corka::test
