// The bytes before an answer's body.
#pragma once

#include <corka/http/response.hpp>

#include <cstdint>
#include <string>
#include <string_view>

namespace corka::http {

/// "Sun, 06 Nov 1994 08:49:37 GMT", written once a second.
class http_date {
 public:
  [[nodiscard]] std::string_view at(std::int64_t wall_ms);

 private:
  std::int64_t second_ = -1;
  std::string text_;
};

struct head_options {
  std::string_view date;
  bool http_1_0 = false;
  bool keep_alive = true;
};

/// Replaces `out` by status line and header fields, with those that every answer has: lengths, security, caching.
void write_head(std::string& out, const response& r, const head_options& o);

}  // namespace corka::http
