// An HTTP server and clients on real sockets, on one thread and virtual time.
#pragma once

#include "base/virtual_clock.hpp"
#include "http/listener.hpp"

#include <boost/asio/buffer.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/write.hpp>

#include <array>
#include <cstddef>
#include <cstdint>
#include <exception>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>

namespace corka::test {

/// An answer as it came off the wire.
struct http_reply {
  unsigned status = 0;
  std::string head;  ///< status line and fields
  std::string body;

  [[nodiscard]] std::optional<std::string> header(std::string_view name) const {
    const auto at = head.find("\r\n" + std::string{name} + ": ");
    if (at == std::string::npos) return {};
    const auto from = at + name.size() + 4;
    return head.substr(from, head.find("\r\n", from) - from);
  }
};

/// Runs a loop until something has happened; that is all the waiting there is. What never happens ends at ctest's
/// limit.
class http_loop {
 public:
  boost::asio::io_context loop{1};
  boost::asio::executor_work_guard<boost::asio::io_context::executor_type> work{loop.get_executor()};
  virtual_clock time;

  template <class Happened>
  void until(Happened happened) {
    while (!happened()) loop.run_one();
  }
  void settle() { loop.poll(); }
  void advance(clock::duration d) {
    const auto end = time.now() + d;
    settle();
    while (time.advance_to_next(end)) settle();
    settle();
  }
};

/// One connection of a client that says exactly what it is told to.
class http_client {
 public:
  /// One that never reads has to be told so at once.
  http_client(http_loop& on, std::uint16_t port, bool reads = true) : on_{on}, socket_{on.loop}, ended_{!reads} {
    socket_.connect({boost::asio::ip::address_v4::loopback(), port});
    if (reads) read();
  }
  http_client(const http_client&) = delete;
  http_client& operator=(const http_client&) = delete;
  ~http_client() {
    boost::system::error_code ignored;
    socket_.close(ignored);
    on_.until([this] { return ended_; });
  }

  void send(std::string_view bytes) { boost::asio::write(socket_, boost::asio::buffer(bytes)); }
  void hang_up() { socket_.shutdown(boost::asio::ip::tcp::socket::shutdown_send); }
  /// The next answer; `body` false where none follows whatever Content-Length says.
  http_reply receive(bool body = true) {
    on_.until([this] { return received_.find("\r\n\r\n") != std::string::npos || ended_; });
    const auto end = received_.find("\r\n\r\n");
    if (end == std::string::npos)
      throw std::runtime_error{"the connection ended without an answer: '" + received_ + "'"};
    http_reply r;
    r.head = received_.substr(0, end + 2);
    r.status = static_cast<unsigned>(std::stoul(r.head.substr(9, 3)));
    received_.erase(0, end + 4);
    const auto size = body ? std::stoul(r.header("Content-Length").value_or("0")) : 0;
    on_.until([&] { return received_.size() >= size || ended_; });
    r.body = received_.substr(0, size);
    received_.erase(0, size);
    return r;
  }
  http_reply get(std::string_view path, std::string_view more = {}) {
    send("GET " + std::string{path} + " HTTP/1.1\r\nHost: localhost\r\n" + std::string{more} + "\r\n");
    return receive();
  }
  /// Whether the server has hung up; waits for it.
  bool closed() {
    on_.until([this] { return ended_ || !received_.empty(); });
    return received_.empty();
  }
  [[nodiscard]] bool closed_now() const { return ended_; }
  [[nodiscard]] const std::string& unread() const { return received_; }

 private:
  void read() {
    socket_.async_read_some(boost::asio::buffer(chunk_), [this](boost::system::error_code ec, std::size_t n) {
      received_.append(chunk_.data(), n);
      ended_ = ec.failed();
      if (!ended_) read();
    });
  }

  http_loop& on_;
  boost::asio::ip::tcp::socket socket_;
  std::array<char, 16 * 1024> chunk_{};
  std::string received_;
  bool ended_;
};

/// A server that runs for the life of the object.
class http_loopback : public http_loop {
 public:
  http::router routes;
  http::listener_options options;
  std::string logged;

  http_loopback() { options.address = "127.0.0.1:0"; }
  ~http_loopback() {
    if (!ended_) stop();
  }

  void start() {
    auto sink = std::make_shared<log_sink>(
        [this](log_level, std::string_view, std::string_view message) { logged.append(message).append("\n"); });
    server_.emplace(loop.get_executor(), time, routes, options, logger{sink, log_level::info, "http"});
    server_->open();
    run();
  }
  void run() {
    ended_ = false;
    boost::asio::co_spawn(loop, server_->run(), [this](std::exception_ptr failed) {
      ended_ = true;
      if (failed) std::rethrow_exception(failed);
    });
  }
  void stop() {
    server_->stop();
    until([this] { return ended_; });
  }
  [[nodiscard]] http::listener& server() { return *server_; }
  [[nodiscard]] bool ended() const { return ended_; }
  std::unique_ptr<http_client> client(bool reads = true) {
    return std::make_unique<http_client>(*this, server_->port(), reads);
  }

 private:
  std::optional<http::listener> server_;
  bool ended_ = true;
};

}  // namespace corka::test
