// A bare Beast server: one thread, a coroutine each connection, and the same answer for whatever is asked. What
// `lookup` is measured against.
#include "support/arguments.hpp"

#include <boost/asio/awaitable.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http.hpp>
#include <boost/system/system_error.hpp>

#include <cstdio>
#include <string>
#include <utility>

namespace asio = boost::asio;
namespace http = boost::beast::http;
using tcp = asio::ip::tcp;

namespace {

asio::awaitable<void> serve(tcp::socket socket, const std::string& body) {
  socket.set_option(tcp::no_delay{true});
  boost::beast::flat_buffer buffer;
  try {
    while (true) {
      http::request<http::empty_body> asked;
      co_await http::async_read(socket, buffer, asked, asio::use_awaitable);
      http::response<http::string_body> said{http::status::ok, asked.version()};
      said.set(http::field::content_type, "application/json");
      said.keep_alive(asked.keep_alive());
      said.body() = body;
      said.prepare_payload();
      co_await http::async_write(socket, said, asio::use_awaitable);
    }
  } catch (const boost::system::system_error&) {}  // the client has gone
}

asio::awaitable<void> accept(tcp::acceptor& from, const std::string& body) {
  while (true) {
    auto socket = co_await from.async_accept(asio::use_awaitable);
    asio::co_spawn(from.get_executor(), serve(std::move(socket), body), asio::detached);
  }
}

}  // namespace

/// Ends with its standard input.
int main(int argc, char** argv) {
  const bench::arguments args{argc, argv, {{"--bytes", "2"}}};
  asio::io_context loop{1};
  tcp::acceptor acceptor{loop, {asio::ip::address_v4::loopback(), 0}};
  const std::string body(args.number("--bytes"), '7');
  asio::co_spawn(loop, accept(acceptor, body), asio::detached);
  std::printf("{\"port\": %u}\n", acceptor.local_endpoint().port());
  std::fflush(stdout);
  loop.run();
}
