#include "http/shared_token.hpp"

#include <doctest/doctest.h>

#include <string>
#include <vector>

using corka::http::shared_token;

namespace {

const shared_token token{"a-long-random-token"};
const shared_token::question asked{"GET", "10.0.0.5:8080", "/api/v1/status"};
constexpr std::int64_t now = 1'700'000'000'000;

}  // namespace

TEST_CASE("token: as it is it is right, whatever the case of the scheme, and nothing else is") {
  CHECK(token.is_given_by("Bearer a-long-random-token"));
  CHECK(token.is_given_by("bearer a-long-random-token"));
  for (const auto* const wrong : {"", "Bearer", "Bearer ", "Bearer a-long-random-tokeN", "Bearer a-long-random-token ",
                                  "Basic a-long-random-token", "a-long-random-token", "Bearer a-long-random-toke"}) {
    CAPTURE(wrong);
    CHECK_FALSE(token.is_given_by(wrong));
  }
  CHECK_FALSE(shared_token{}.is_given_by("Bearer "));
}

TEST_CASE("token: a proof is good for what it was made for, and for a while") {
  const auto proof = token.proof_for(asked, {}, now);
  CHECK(shared_token::is_proof(proof));
  CHECK(proof.find("a-long-random-token") == std::string::npos);
  CHECK(token.is_proven_by(proof, asked, now));
  CHECK(token.is_proven_by(proof, asked, now + shared_token::lifetime_ms));
  CHECK(token.is_proven_by(proof, asked, now - shared_token::lifetime_ms));
  CHECK_FALSE(token.is_proven_by(proof, asked, now + shared_token::lifetime_ms + 1));
  CHECK_FALSE(token.is_proven_by(proof, asked, now - shared_token::lifetime_ms - 1));
  CHECK_FALSE(token.is_proven_by(proof, {"POST", asked.address, asked.target}, now));
  CHECK_FALSE(token.is_proven_by(proof, {asked.method, "10.0.0.6:8080", asked.target}, now));
  CHECK_FALSE(token.is_proven_by(proof, {asked.method, asked.address, "/api/v1/actions"}, now));
  CHECK_FALSE(shared_token{"another-token"}.is_proven_by(proof, asked, now));
  CHECK_FALSE(shared_token{}.is_proven_by(shared_token{}.proof_for(asked, {}, now), asked, now));
  CHECK(token.proof_for(asked, {}, now) != proof);
}

TEST_CASE("token: a proof is good for one body") {
  const std::string body{"{\"action\":\"user:go\"}\0\n", 22};
  const auto proof = token.proof_for(asked, body, now);
  CHECK(token.is_proven_by(proof, asked, now));
  CHECK(shared_token::covers(proof, body));
  for (const auto& other : {std::string{}, body + " ", body.substr(1), body.substr(0, body.size() - 1)})
    CHECK_FALSE(shared_token::covers(proof, other));
  CHECK(shared_token::covers(token.proof_for(asked, {}, now), {}));
  CHECK_FALSE(shared_token::covers("Bearer a-long-random-token", {}));

  // Another body's digest put into it is not what was sealed.
  const auto word = [](const std::string& of, std::size_t n) {
    std::size_t from = 0;
    while (n-- > 0) from = of.find(' ', from) + 1;
    return std::pair{from, of.find(' ', from) - from};
  };
  const auto other = token.proof_for(asked, "other", now);
  auto forged = proof;
  const auto [to, size] = word(proof, 3);
  const auto [from, same_size] = word(other, 3);
  REQUIRE(size == 64);
  forged.replace(to, size, other, from, same_size);
  CHECK(shared_token::covers(forged, "other"));
  CHECK_FALSE(token.is_proven_by(forged, asked, now));
}

TEST_CASE("token: what is no proof is none") {
  const auto proof = token.proof_for(asked, {}, now);
  auto changed = proof;
  changed.back() = changed.back() == '0' ? '1' : '0';
  const auto time = std::to_string(now);
  const auto seal = proof.substr(proof.rfind(' ') + 1);
  const auto of_nothing = proof.substr(proof.size() - 2 * 64 - 1, 64);
  for (const auto& wrong : std::vector<std::string>{
           "", "Corka-Proof", "Corka-Proof ", "Corka-Proof x", "Corka-Proof x y", "Corka-Proof x y z",
           "Corka-Proof x y z w", "Corka-Proof " + time + " r " + seal, changed, proof.substr(0, proof.size() - 1),
           proof + "0", "Corka-Proof " + time + " r " + of_nothing + " " + seal,
           "Corka-Proof 99999999999999999999 r " + of_nothing + " " + seal,
           "Corka-Proof -9223372036854775808 r " + of_nothing + " " + seal,
           "Corka-Proof 9223372036854775807 r " + of_nothing + " " + seal}) {
    CAPTURE(wrong);
    CHECK_FALSE(token.is_proven_by(wrong, asked, now));
  }
}
