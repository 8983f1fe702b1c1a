// A service for this example to ask.
#pragma once

#include <corka/http/request.hpp>
#include <corka/http/response.hpp>
#include <corka/task.hpp>

#include <atomic>
#include <cstdint>
#include <set>
#include <string>

namespace deferred_app {

/// A payment service as they are: each answer takes 20 ms, one in `fails_each` is a 503, and it refuses (422) what is
/// not a number. The same payment twice is one payment.
///
/// Strand: `put`, that of the HTTP server.
class payment_service {
 public:
  explicit payment_service(std::uint64_t fails_each) : fails_each_{fails_each} {}

  /// PUT /payments/{id}, the amount as the body.
  [[nodiscard]] corka::task<corka::http::response> put(corka::http::request r);
  /// Payments taken so far; any thread.
  [[nodiscard]] std::uint64_t taken() const { return taken_; }

 private:
  std::uint64_t fails_each_;
  std::uint64_t requests_ = 0;
  std::set<std::string> paid_;
  std::atomic<std::uint64_t> taken_{0};
};

}  // namespace deferred_app
