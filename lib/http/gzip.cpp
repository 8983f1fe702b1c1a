#include "http/gzip.hpp"

#include <boost/beast/zlib/deflate_stream.hpp>
#include <boost/crc.hpp>

#include <cstddef>
#include <cstdint>
#include <stdexcept>

namespace corka::http {

namespace {

namespace zlib = boost::beast::zlib;

void append(std::string& to, std::uint32_t number) {
  for (int i = 0; i < 4; ++i, number >>= 8U) to += static_cast<char>(number & 0xffU);
}

}  // namespace

std::string gzip(std::string_view text) {
  zlib::deflate_stream deflate;
  // Deflated, no flags, no time, of an unknown system.
  std::string out{gzip_begin};
  // With room for all of it, it ends in one step.
  out.resize(gzip_begin.size() + deflate.upper_bound(text.size()));
  zlib::z_params p;
  p.next_in = text.data();
  p.avail_in = text.size();
  p.next_out = out.data() + gzip_begin.size();
  p.avail_out = out.size() - gzip_begin.size();
  boost::system::error_code ended;
  deflate.write(p, zlib::Flush::finish, ended);
  if (ended != zlib::error::end_of_stream) throw std::logic_error{"gzip: there was not room enough"};
  out.resize(gzip_begin.size() + p.total_out);
  boost::crc_32_type sum;
  sum.process_bytes(text.data(), text.size());
  append(out, sum.checksum());
  append(out, static_cast<std::uint32_t>(text.size()));
  return out;
}

std::string gzip_piece(std::string_view text) {
  // Ends blocks at a byte: five bytes, and what is left of the last.
  constexpr std::size_t flushed = 16;
  zlib::deflate_stream deflate;
  std::string out(deflate.upper_bound(text.size()) + flushed, '\0');
  zlib::z_params p;
  p.next_in = text.data();
  p.avail_in = text.size();
  p.next_out = out.data();
  p.avail_out = out.size();
  boost::system::error_code failed;
  deflate.write(p, zlib::Flush::full, failed);
  if (failed || p.avail_in > 0 || p.avail_out == 0) throw std::logic_error{"gzip_piece: there was not room enough"};
  out.resize(p.total_out);
  return out;
}

}  // namespace corka::http
