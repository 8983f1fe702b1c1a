#include "http/shared_token.hpp"

#include <corka/http/request.hpp>

#include <fmt/format.h>

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/rand.h>

#include <array>
#include <charconv>
#include <iterator>
#include <stdexcept>

namespace corka::http {

namespace {

constexpr std::string_view bearer = "Bearer ";
constexpr std::string_view proof = "Corka-Proof ";

bool same(std::string_view a, std::string_view b) noexcept {
  return a.size() == b.size() && CRYPTO_memcmp(a.data(), b.data(), a.size()) == 0;
}

bool has_scheme(std::string_view authorization, std::string_view scheme) noexcept {
  return authorization.size() > scheme.size() && equal_ignoring_case(authorization.substr(0, scheme.size()), scheme);
}

template <class Bytes>
std::string in_hex(const Bytes& bytes, std::size_t count) {
  std::string text;
  for (std::size_t i = 0; i < count; ++i) fmt::format_to(std::back_inserter(text), "{:02x}", bytes[i]);
  return text;
}

std::string digest_of(std::string_view body) {
  std::array<unsigned char, EVP_MAX_MD_SIZE> sum{};
  unsigned size = 0;
  if (EVP_Digest(body.data(), body.size(), sum.data(), &size, EVP_sha256(), nullptr) != 1)
    throw std::runtime_error{"SHA-256 is not to be had from this machine's OpenSSL"};
  return in_hex(sum, size);
}

}  // namespace

bool shared_token::is_given_by(std::string_view authorization) const noexcept {
  return !empty() && has_scheme(authorization, bearer) && same(authorization.substr(bearer.size()), token_);
}

bool shared_token::is_proof(std::string_view authorization) noexcept { return has_scheme(authorization, proof); }

std::optional<shared_token::claims> shared_token::read(std::string_view authorization) noexcept {
  if (!is_proof(authorization)) return {};
  auto rest = authorization.substr(proof.size());
  std::array<std::string_view, 3> first;
  for (auto& word : first) {
    const auto end = rest.find(' ');
    if (end == std::string_view::npos) return {};
    word = rest.substr(0, end);
    rest.remove_prefix(end + 1);
  }
  return claims{first[0], first[1], first[2], rest};
}

std::string shared_token::seal(const question& q, const claims& of) const {
  // No part has a line break, so none can pass for the next.
  const auto text = fmt::format("corka proof 2\n{}\n{}\n{}\n{}\n{}\n{}", q.method, q.address, q.target, of.digest,
                                of.when, of.random);
  std::array<unsigned char, EVP_MAX_MD_SIZE> sum{};
  unsigned size = 0;
  const auto* const made = HMAC(EVP_sha256(), token_.data(), static_cast<int>(token_.size()),
                                reinterpret_cast<const unsigned char*>(text.data()), text.size(), sum.data(), &size);
  if (made == nullptr) throw std::runtime_error{"HMAC-SHA256 is not to be had from this machine's OpenSSL"};
  return in_hex(sum, size);
}

std::string shared_token::proof_for(const question& q, std::string_view body, std::int64_t wall_ms) const {
  std::array<unsigned char, 16> bytes{};
  if (RAND_bytes(bytes.data(), static_cast<int>(bytes.size())) != 1)
    throw std::runtime_error{"random numbers are not to be had from this machine's OpenSSL"};
  const auto random = in_hex(bytes, bytes.size());
  const auto when = std::to_string(wall_ms);
  const auto digest = digest_of(body);
  return fmt::format("{}{} {} {} {}", proof, when, random, digest, seal(q, {when, random, digest, {}}));
}

bool shared_token::is_proven_by(std::string_view authorization, const question& q, std::int64_t wall_ms) const {
  if (empty()) return false;
  const auto says = read(authorization);
  if (!says) return false;
  std::int64_t at = 0;
  const auto* const end = says->when.data() + says->when.size();
  const auto [stopped, failed] = std::from_chars(says->when.data(), end, at);
  if (failed != std::errc{} || stopped != end) return false;
  // Compared so that no number can overflow.
  if (at < wall_ms - lifetime_ms || at > wall_ms + lifetime_ms) return false;
  return same(says->seal, seal(q, *says));
}

bool shared_token::covers(std::string_view authorization, std::string_view body) {
  const auto says = read(authorization);
  return says && same(says->digest, digest_of(body));
}

}  // namespace corka::http
