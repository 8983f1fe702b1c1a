// Requests out of the bytes of a connection.
#pragma once

#include "http/limits.hpp"

#include <corka/http/request.hpp>

#include <cstddef>
#include <memory>
#include <span>
#include <string>
#include <string_view>

namespace corka::http {

/// Parses one request after another and keeps what belongs to the next. No I/O, no clock.
///
/// `space`, fill some of it, `filled`, `step`; on `header` look at the request and `step` on for the body; on
/// `complete` answer, then `next`. What `refused` cannot be followed by another request: the connection ends. Its
/// memory is used again for each.
class request_reader {
 public:
  enum class status { need_more, header, complete, refused };

  explicit request_reader(const limits& bounds);
  request_reader(const request_reader&) = delete;
  request_reader& operator=(const request_reader&) = delete;
  ~request_reader();

  /// Where to put bytes that were received; never empty after `need_more`.
  [[nodiscard]] std::span<char> space();
  void filled(std::size_t bytes);
  status step();
  /// Forgets the request, not the bytes after it.
  void next();

  /// A part of a request is there.
  [[nodiscard]] bool begun() const noexcept;
  /// Header and body are there.
  [[nodiscard]] bool complete() const noexcept;

  // From `header` until `next`:
  [[nodiscard]] std::string_view method() const noexcept;
  [[nodiscard]] std::string_view target() const noexcept;
  [[nodiscard]] std::span<const field> fields() const noexcept;
  [[nodiscard]] bool http_1_0() const noexcept;
  /// The client wants to send more on this connection.
  [[nodiscard]] bool keep_alive() const noexcept;
  // At `complete`:
  [[nodiscard]] std::string_view body() const noexcept;

  // At `refused`:
  struct refusal {
    unsigned status = 400;
    std::string_view type;
    std::string detail;
  };
  [[nodiscard]] const refusal& why() const noexcept;

 private:
  struct impl;
  std::unique_ptr<impl> impl_;
};

}  // namespace corka::http
