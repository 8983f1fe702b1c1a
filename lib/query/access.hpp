// Who may ask what.
#pragma once

#include "base/clock.hpp"
#include "http/shared_token.hpp"

#include <corka/http/client.hpp>
#include <corka/http/request.hpp>
#include <corka/http/response.hpp>

#include <cstddef>
#include <cstdint>
#include <deque>
#include <optional>
#include <string>
#include <utility>

namespace corka::query {

/// Asks for the program's token, or for another instance's proof that it knows it.
///
/// Life: the clock outlives it. Strand: the server's.
class access {
 public:
  /// What the token is needed for.
  enum class needed { actions, everything };

  access(std::string token, needed what, clock& time) : token_{std::move(token)}, needed_{what}, time_{time} {}

  [[nodiscard]] bool has_token() const noexcept { return !token_.empty(); }
  /// What this instance announces: proofs are made for it.
  void announce(std::string address) { self_ = std::move(address); }

  /// For the server (listener_options::admit): why the request is not answered at all. Open in any case: /healthz,
  /// /readyz, the dashboard's files and the API's description, which are the same for every program.
  [[nodiscard]] std::optional<http::response> admit(const http::request& r);
  /// For the server, once the body is there (listener_options::admit_whole): why a request that `admit` let pass is not
  /// answered. A proof was made for another body.
  [[nodiscard]] std::optional<http::response> admit_whole(const http::request& r) const;
  /// For handlers that change something: why it may not. Without a token nothing may be changed.
  [[nodiscard]] std::optional<http::response> refuse_change(const http::request& r);
  /// Lets `what`, as it is now, prove to the instance at its address that it comes from one that knows the token.
  void sign(http::call& what) const;

 private:
  [[nodiscard]] bool knows_token(const http::request& r);
  [[nodiscard]] bool is_new(std::string_view proof);

  http::shared_token token_;
  needed needed_;
  clock& time_;
  std::string self_;
  struct used_proof {
    std::int64_t until_ms;
    std::string text;
  };
  std::deque<used_proof> used_;  // of changes, oldest first
};

}  // namespace corka::query
