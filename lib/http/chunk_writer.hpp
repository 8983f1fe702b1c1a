// The body of an answer whose length nobody knows.
#pragma once

#include "http/byte_stream.hpp"

#include <corka/http/response.hpp>
#include <corka/task.hpp>

#include <functional>
#include <string>
#include <string_view>
#include <utility>

namespace corka::http {

/// One chunk for each write (RFC 9112, section 7.1); for HTTP/1.0 the bytes as they are.
///
/// `timed(true)` is called before the connection is written to, `timed(false)` after it. Life: the stream outlives it.
/// Cancellation: a write supports total; a piece that it cut leaves nothing that could follow it, so `finish` is false.
class chunk_writer final : public body_writer {
 public:
  chunk_writer(byte_stream& to, bool chunked, std::function<void(bool writing)> timed)
      : stream_{to}, chunked_{chunked}, timed_{std::move(timed)} {}

  [[nodiscard]] task<bool> write(std::string_view bytes) override;
  /// The end of the body.
  [[nodiscard]] task<bool> finish();

 private:
  [[nodiscard]] task<bool> send(std::string_view bytes);

  byte_stream& stream_;
  bool chunked_;
  std::function<void(bool)> timed_;
  std::string size_;
  bool failed_ = false;
};

}  // namespace corka::http
