// A secret that requests are asked for with, and proofs of it that do not tell it.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

namespace corka::http {

/// What instances of a program and those who may use them know.
///
/// Clients give it as it is (RFC 6750). Instances that ask each other do not: an address that somebody announces is no
/// reason to be told the secret. They prove that they know it, by an HMAC-SHA256 over method, address, target, the
/// SHA-256 of the body, time and a random number: a proof is good for one instance, one question, and for `lifetime`.
/// The body's digest is part of the proof, so that who has no body yet can tell a good proof from a bad one, and read
/// the body of a good one only. All comparisons take as long for every wrong text. Threads: a const one any.
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
  /// A value of Authorization, for `q` with this body.
  [[nodiscard]] std::string proof_for(const question& q, std::string_view body, std::int64_t wall_ms) const;
  /// Whether Authorization's value is a proof for this question that is not too old. Of which body is left to `covers`.
  [[nodiscard]] bool is_proven_by(std::string_view authorization, const question& q, std::int64_t wall_ms) const;
  /// Whether a proof was made for this body; what the digest is worth is_proven_by tells.
  [[nodiscard]] static bool covers(std::string_view authorization, std::string_view body);
  /// Whether it looks like a proof, a good or a bad one.
  [[nodiscard]] static bool is_proof(std::string_view authorization) noexcept;

 private:
  /// What a proof says, in its order.
  struct claims {
    std::string_view when;
    std::string_view random;
    std::string_view digest;
    std::string_view seal;
  };
  [[nodiscard]] static std::optional<claims> read(std::string_view authorization) noexcept;
  [[nodiscard]] std::string seal(const question& q, const claims& of) const;

  std::string token_;
};

}  // namespace corka::http
