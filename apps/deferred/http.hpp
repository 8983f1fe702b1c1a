// A service for this example to ask.
#pragma once

#include <corka/task.hpp>

#include <cstdint>
#include <memory>
#include <string>

namespace deferred_app {

/// A payment service as they are: each answer takes 20 ms, one in `fails_each` is a 503, and it refuses (422) what is
/// not a number. The same payment twice is one payment.
class payment_service {
 public:
  explicit payment_service(std::uint64_t fails_each);
  payment_service(const payment_service&) = delete;
  payment_service& operator=(const payment_service&) = delete;
  ~payment_service();

  /// Listens from here on, on a port that is free.
  [[nodiscard]] std::uint16_t port() const;
  /// Answers until it is cancelled.
  [[nodiscard]] corka::task<> serve();
  /// Payments taken so far; any thread.
  [[nodiscard]] std::uint64_t taken() const;

 private:
  struct impl;
  std::shared_ptr<impl> impl_;
};

}  // namespace deferred_app
