// What a handler gives back.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace corka::http {

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

  [[nodiscard]] unsigned status() const noexcept { return status_; }
  [[nodiscard]] std::string_view body() const noexcept { return static_ ? *static_ : std::string_view{body_}; }
  /// The first field of that name, in whatever case.
  [[nodiscard]] std::optional<std::string_view> header(std::string_view name) const noexcept;
  /// "Name: value\r\n" for each field.
  [[nodiscard]] const std::string& fields() const noexcept { return fields_; }

 private:
  unsigned status_;
  std::string fields_;
  std::string body_;
  std::optional<std::string_view> static_;
};

/// "Not Found" for 404; the class's name for numbers of no other.
[[nodiscard]] std::string_view reason(unsigned status) noexcept;

[[nodiscard]] constexpr bool may_have_body(unsigned status) noexcept {
  return status >= 200 && status != 204 && status != 304;
}

}  // namespace corka::http
