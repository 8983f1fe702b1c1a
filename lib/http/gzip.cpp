#include "http/gzip.hpp"

#include <boost/beast/zlib/deflate_stream.hpp>
#include <boost/crc.hpp>

#include <cstddef>
#include <cstdint>
#include <stdexcept>

namespace corka::http {

namespace {

namespace zlib = boost::beast::zlib;

/// Deflated, no flags, no time, of an unknown system.
constexpr std::string_view head{"\x1f\x8b\x08\0\0\0\0\0\0\xff", 10};

void append(std::string& to, std::uint32_t number) {
  for (int i = 0; i < 4; ++i, number >>= 8U) to += static_cast<char>(number & 0xffU);
}

}  // namespace

std::string gzip(std::string_view text) {
  zlib::deflate_stream deflate;
  std::string out{head};
  // With room for all of it, it ends in one step.
  out.resize(head.size() + deflate.upper_bound(text.size()));
  zlib::z_params p;
  p.next_in = text.data();
  p.avail_in = text.size();
  p.next_out = out.data() + head.size();
  p.avail_out = out.size() - head.size();
  boost::system::error_code ended;
  deflate.write(p, zlib::Flush::finish, ended);
  if (ended != zlib::error::end_of_stream) throw std::logic_error{"gzip: there was not room enough"};
  out.resize(head.size() + p.total_out);
  boost::crc_32_type sum;
  sum.process_bytes(text.data(), text.size());
  append(out, sum.checksum());
  append(out, static_cast<std::uint32_t>(text.size()));
  return out;
}

}  // namespace corka::http
