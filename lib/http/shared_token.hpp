// A secret that requests are asked for with, and proofs of it that do not tell it.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace corka::http {

/// What instances of a program and those who may use them know.
///
/// Clients give it as it is (RFC 6750). Instances that ask each other do not: an address that somebody announces is no
/// reason to be told the secret. They prove that they know it, by an HMAC-SHA256 over method, address, target, time and
/// a random number: a proof is good for one instance, one question, and for `lifetime`. All comparisons take as long
/// for every wrong text. Threads: a const one any.
class shared_token {
 public:
  /// How far clocks of instances may be apart.
  static constexpr std::int64_t lifetime_ms = 60'000;

  /// Empty: there is none, and nothing is right.
  explicit shared_token(std::string token = {}) : token_{std::move(token)} {}

  [[nodiscard]] bool empty() const noexcept { return token_.empty(); }
  /// Whether Authorization's value is "Bearer TOKEN".
  [[nodiscard]] bool is_given_by(std::string_view authorization) const noexcept;

  struct question {
    std::string_view method;
    std::string_view address;  ///< announced by who is asked
    std::string_view target;   ///< as sent
  };
  /// A value of Authorization.
  [[nodiscard]] std::string proof_for(const question& q, std::int64_t wall_ms) const;
  /// Whether Authorization's value is a proof for this question that is not too old.
  [[nodiscard]] bool is_proven_by(std::string_view authorization, const question& q, std::int64_t wall_ms) const;
  /// Whether it looks like a proof, a good or a bad one.
  [[nodiscard]] static bool is_proof(std::string_view authorization) noexcept;

 private:
  [[nodiscard]] std::string seal(const question& q, std::string_view when, std::string_view random) const;

  std::string token_;
};

}  // namespace corka::http
