// The bytes of a connection, plain or by TLS.
#pragma once

#include <corka/task.hpp>

#include <boost/asio/any_completion_handler.hpp>
#include <boost/asio/async_result.hpp>
#include <boost/asio/buffer.hpp>
#include <boost/asio/ip/tcp.hpp>

#include <cstddef>
#include <memory>
#include <string>
#include <utility>

namespace boost::asio::ssl {
class context;
}

namespace corka::http {

/// A socket that can be read and written as it is, or through TLS; Asio's and Beast's algorithms take it as a stream.
///
/// Plain it costs nothing but a comparison. One read and one write may be under way at a time. Life: the context
/// outlives it. Strand: the socket's. Cancellation: terminal, after which nothing can be read or written any more.
class byte_stream {
 public:
  using tcp = boost::asio::ip::tcp;
  using executor_type = tcp::socket::executor_type;
  using error_code = boost::system::error_code;
  enum class end { server, client };

  explicit byte_stream(tcp::socket socket);
  byte_stream(const byte_stream&) = delete;
  byte_stream& operator=(const byte_stream&) = delete;
  ~byte_stream();

  [[nodiscard]] executor_type get_executor() { return socket_.get_executor(); }
  [[nodiscard]] tcp::socket& socket() noexcept { return socket_; }
  [[nodiscard]] bool secured() const noexcept { return tls_ != nullptr; }

  /// From here on everything goes through TLS. As the client the other end has to be `name`, a name or an address.
  [[nodiscard]] task<error_code> secure(boost::asio::ssl::context& by, end as, std::string name = {});
  /// Tells the other end that nothing more comes, and waits until it has said so, too, where it is TLS.
  [[nodiscard]] task<error_code> finish();

  template <class Buffers, class Token>
  auto async_read_some(const Buffers& into, Token&& token) {
    return boost::asio::async_initiate<Token, void(error_code, std::size_t)>(
        [this](auto handler, const Buffers& buffers) {
          if (tls_ == nullptr) socket_.async_read_some(buffers, std::move(handler));
          else read_secured(first_of<boost::asio::mutable_buffer>(buffers), std::move(handler));
        },
        token, into);
  }
  template <class Buffers, class Token>
  auto async_write_some(const Buffers& from, Token&& token) {
    return boost::asio::async_initiate<Token, void(error_code, std::size_t)>(
        [this](auto handler, const Buffers& buffers) {
          if (tls_ == nullptr) socket_.async_write_some(buffers, std::move(handler));
          else write_secured(first_of<boost::asio::const_buffer>(buffers), std::move(handler));
        },
        token, from);
  }

 private:
  using done = boost::asio::any_completion_handler<void(error_code, std::size_t)>;
  struct secured_part;

  // One that has bytes: TLS takes one at a time.
  template <class Buffer, class Buffers>
  static Buffer first_of(const Buffers& all) {
    const auto end = boost::asio::buffer_sequence_end(all);
    for (auto it = boost::asio::buffer_sequence_begin(all); it != end; ++it) {
      const Buffer b{*it};
      if (b.size() > 0) return b;
    }
    return {};
  }
  void read_secured(boost::asio::mutable_buffer into, done then);
  void write_secured(boost::asio::const_buffer from, done then);

  tcp::socket socket_;
  std::unique_ptr<secured_part> tls_;
};

}  // namespace corka::http
