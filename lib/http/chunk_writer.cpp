#include "http/chunk_writer.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/buffer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>

#include <fmt/format.h>

#include <array>

namespace corka::http {

namespace asio = boost::asio;

task<bool> chunk_writer::write(std::string_view bytes) {
  if (bytes.empty()) co_return !failed_;  // an empty chunk would be the last
  const auto sent = co_await send(bytes);
  co_return sent;
}

task<bool> chunk_writer::finish() {
  if (!chunked_ || failed_) co_return !failed_;
  const auto sent = co_await send({});
  co_return sent;
}

task<bool> chunk_writer::send(std::string_view bytes) {
  if (failed_) co_return false;
  // Until it is through: whoever is cancelled here has sent half a chunk.
  failed_ = true;
  size_ = chunked_ ? fmt::format("{:x}\r\n", bytes.size()) : std::string{};
  const std::string_view end = chunked_ ? "\r\n" : "";
  const std::array<asio::const_buffer, 3> parts{asio::const_buffer{size_.data(), size_.size()},
                                                asio::const_buffer{bytes.data(), bytes.size()},
                                                asio::const_buffer{end.data(), end.size()}};
  timed_(true);
  const auto [ec, count] = co_await asio::async_write(stream_, parts, asio::as_tuple(asio::use_awaitable));
  timed_(false);
  failed_ = ec.failed();
  co_return !failed_;
}

}  // namespace corka::http
