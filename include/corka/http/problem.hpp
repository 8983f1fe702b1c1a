// Errors as answers: problem details for HTTP APIs (RFC 9457).
#pragma once

#include <corka/http/response.hpp>

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

namespace corka::http {

/// An error that a program can tell apart by `type` and a person understands by `detail`.
class problem {
 public:
  using value = std::variant<std::int64_t, std::string, std::vector<std::string>>;

  /// `type` is the part after "urn:corka:problem:"; `detail` a sentence that ends in what to do.
  problem(unsigned status, std::string_view type, std::string detail)
      : status_{status}, type_{type}, detail_{std::move(detail)} {}

  /// A member of its own, as in "partition": 3.
  problem& with(std::string name, value v);
  /// A header field of the answer, as in "Allow".
  problem& header(std::string name, std::string v);

  [[nodiscard]] unsigned status() const noexcept { return status_; }
  /// Bytes that are no UTF-8 are replaced.
  [[nodiscard]] response answer() const;

 private:
  unsigned status_;
  std::string type_;
  std::string detail_;
  std::vector<std::pair<std::string, value>> members_;
  std::vector<std::pair<std::string, std::string>> headers_;
};

}  // namespace corka::http
