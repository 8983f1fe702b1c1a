#include "http/byte_stream.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/ssl/context.hpp>
#include <boost/asio/ssl/host_name_verification.hpp>
#include <boost/asio/ssl/stream.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <openssl/ssl.h>

namespace corka::http {

namespace asio = boost::asio;
namespace ssl = boost::asio::ssl;

struct byte_stream::secured_part {
  secured_part(tcp::socket& through, ssl::context& by) : stream{through, by} {}
  ssl::stream<tcp::socket&> stream;
};

byte_stream::byte_stream(tcp::socket socket) : socket_{std::move(socket)} {}
byte_stream::~byte_stream() = default;

task<byte_stream::error_code> byte_stream::secure(ssl::context& by, end as, std::string name) {
  tls_ = std::make_unique<secured_part>(socket_, by);
  auto& stream = tls_->stream;
  if (as == end::client) {
    stream.set_verify_callback(ssl::host_name_verification{name});
    error_code no_address;
    asio::ip::make_address(name, no_address);
    // Servers that have several names choose their certificate by it; it is for names only (RFC 6066, section 3).
    if (no_address) SSL_set_tlsext_host_name(stream.native_handle(), name.c_str());
  }
  const auto role = as == end::server ? ssl::stream_base::server : ssl::stream_base::client;
  const auto [failed] = co_await stream.async_handshake(role, asio::as_tuple(asio::use_awaitable));
  co_return failed;
}

task<byte_stream::error_code> byte_stream::finish() {
  error_code failed;
  if (tls_ == nullptr) {
    socket_.shutdown(tcp::socket::shutdown_send, failed);
    co_return failed;
  }
  const auto [ended] = co_await tls_->stream.async_shutdown(asio::as_tuple(asio::use_awaitable));
  co_return ended;
}

void byte_stream::read_secured(asio::mutable_buffer into, done then) {
  tls_->stream.async_read_some(into, std::move(then));
}

void byte_stream::write_secured(asio::const_buffer from, done then) {
  tls_->stream.async_write_some(from, std::move(then));
}

}  // namespace corka::http
