#include "http.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/core/tcp_stream.hpp>
#include <boost/beast/http.hpp>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <set>
#include <utility>

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = boost::beast::http;
using asio::ip::tcp;

namespace deferred_app {

struct payment_service::impl {
  explicit impl(std::uint64_t each)
      : fails_each{each}, acceptor{context, tcp::endpoint{asio::ip::address_v4::loopback(), 0}} {}

  unsigned answer(const http::request<http::string_body>& to) {
    if (fails_each > 0 && ++requests % fails_each == 0) return 503;
    const bool number =
        !to.body().empty() && std::ranges::all_of(to.body(), [](char c) { return c >= '0' && c <= '9'; });
    if (!number) return 422;
    paid.insert(std::string{to.target()});
    taken = paid.size();
    return 200;
  }

  static corka::task<> talk(std::shared_ptr<impl> self, tcp::socket socket) {
    beast::tcp_stream stream{std::move(socket)};
    stream.expires_after(std::chrono::seconds{5});
    beast::flat_buffer buffer;
    http::request<http::string_body> request;
    co_await http::async_read(stream, buffer, request, asio::use_awaitable);
    asio::steady_timer thinking{co_await asio::this_coro::executor, std::chrono::milliseconds{20}};
    co_await thinking.async_wait(asio::use_awaitable);
    http::response<http::string_body> answer{http::int_to_status(self->answer(request)), 11};
    answer.prepare_payload();
    co_await http::async_write(stream, answer, asio::use_awaitable);
  }

  asio::io_context context;  // only opens the acceptor: it moves to where it is served
  std::uint64_t fails_each;
  tcp::acceptor acceptor;
  std::uint64_t requests = 0;
  std::set<std::string> paid;
  std::atomic<std::uint64_t> taken{0};
};

payment_service::payment_service(std::uint64_t fails_each) : impl_{std::make_shared<impl>(fails_each)} {}

payment_service::~payment_service() = default;

std::uint16_t payment_service::port() const { return impl_->acceptor.local_endpoint().port(); }

std::uint64_t payment_service::taken() const { return impl_->taken; }

corka::task<> payment_service::serve() {
  const auto self = impl_;
  const auto here = co_await asio::this_coro::executor;
  tcp::acceptor acceptor{here, tcp::v4(), self->acceptor.release()};
  while (true) {
    auto socket = co_await acceptor.async_accept(asio::use_awaitable);
    asio::co_spawn(here, impl::talk(self, std::move(socket)), asio::detached);
  }
}

}  // namespace deferred_app
