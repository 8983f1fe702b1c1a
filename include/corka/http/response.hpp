// What a handler gives back.
#pragma once

#include <corka/task.hpp>

#include <functional>
#include <optional>
#include <string>
#include <string_view>

namespace corka::http {

/// Takes the body of an answer piece by piece.
class body_writer {
 public:
  body_writer() = default;
  body_writer(const body_writer&) = delete;
  body_writer& operator=(const body_writer&) = delete;
  virtual ~body_writer() = default;
  /// Returns when the connection has taken `bytes`, which stay alive until then: a slow client holds up who writes to
  /// it, nobody else. False: the client is gone or too slow; nothing more is taken.
  [[nodiscard]] virtual task<bool> write(std::string_view bytes) = 0;
};

/// Writes a body until it returns. The request is not there any more. Cancelled (terminal) when the client hangs up and
/// when the server ends, at once; what it throws then, or else, ends the answer.
using body_stream = std::function<task<>(body_writer&)>;

/// Status, header fields and body of one answer. The server adds what every answer needs: Date, Content-Length,
/// Connection, the security headers, and "Cache-Control: no-store" unless it is set here.
class response {
 public:
  explicit response(unsigned status = 200) : status_{status} {}

  /// @throws std::invalid_argument when `name` is no token or `value` has control characters: nobody adds fields by
  /// data.
  response& set(std::string_view name, std::string_view value);
  response& content(std::string_view type, std::string body);
  /// Bytes that live as long as the program.
  response& static_content(std::string_view type, std::string_view bytes);
  /// A body that has no end yet: the connection's last. HEAD does not begin it.
  response& stream(std::string_view type, body_stream from);

  [[nodiscard]] unsigned status() const noexcept { return status_; }
  [[nodiscard]] std::string_view body() const noexcept { return static_ ? *static_ : std::string_view{body_}; }
  /// The first field of that name, in whatever case.
  [[nodiscard]] std::optional<std::string_view> header(std::string_view name) const noexcept;
  /// What writes the body; empty where it is `body()`.
  [[nodiscard]] const body_stream& streamed() const noexcept { return stream_; }
  /// "Name: value\r\n" for each field.
  [[nodiscard]] const std::string& fields() const noexcept { return fields_; }

 private:
  unsigned status_;
  std::string fields_;
  std::string body_;
  std::optional<std::string_view> static_;
  body_stream stream_;
};

/// "Not Found" for 404; the class's name for numbers of no other.
[[nodiscard]] std::string_view reason(unsigned status) noexcept;

[[nodiscard]] constexpr bool may_have_body(unsigned status) noexcept {
  return status >= 200 && status != 204 && status != 304;
}

}  // namespace corka::http
