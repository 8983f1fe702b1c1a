#include "query/access.hpp"

#include <corka/http/problem.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <string_view>

namespace corka::query {

namespace {

/// Proofs of changes that are remembered at a time; more changes than this within their lifetime are refused.
constexpr std::size_t most_used = 1'024;

bool is_open(std::string_view path) noexcept {
  return path == "/healthz" || path == "/readyz" || path == "/" || path.starts_with("/assets/") ||
         path == "/api/v1/openapi.json";
}

bool is_safe(std::string_view method) noexcept { return method == "GET" || method == "HEAD" || method == "OPTIONS"; }

std::string target_of(const http::request& r) {
  return r.query.empty() ? std::string{r.path} : fmt::format("{}?{}", r.path, r.query);
}

/// The token itself is good for any.
bool covers_body(std::string_view authorization, const http::request& r) {
  return !http::shared_token::is_proof(authorization) || http::shared_token::covers(authorization, r.body);
}

http::response token_wrong() {
  return http::problem{401, "token-wrong", "give the program's token as 'Authorization: Bearer TOKEN'"}
      .header("WWW-Authenticate", "Bearer")
      .answer();
}

}  // namespace

// A proof that was heard on the wire does not start anything a second time. Reading again tells nobody anything new.
bool access::is_new(std::string_view proof) {
  const auto now = time_.wall_ms();
  while (!used_.empty() && used_.front().until_ms < now) used_.pop_front();
  if (used_.size() >= most_used || std::ranges::find(used_, proof, &used_proof::text) != used_.end()) return false;
  used_.push_back({now + 2 * http::shared_token::lifetime_ms, std::string{proof}});
  return true;
}

bool access::knows_token(const http::request& r) {
  const auto given = r.header("Authorization").value_or("");
  if (token_.is_given_by(given)) return true;
  // Who announces nothing is asked by nobody.
  if (self_.empty() || !http::shared_token::is_proof(given)) return false;
  const auto target = target_of(r);
  return token_.is_proven_by(given, {r.method, self_, target}, time_.wall_ms());
}

std::optional<http::response> access::admit(const http::request& r) {
  if (needed_ != needed::everything || is_open(r.path) || knows_token(r)) return {};
  return token_wrong();
}

std::optional<http::response> access::admit_whole(const http::request& r) const {
  const auto given = r.header("Authorization").value_or("");
  if (needed_ != needed::everything || is_open(r.path) || covers_body(given, r)) return {};
  return token_wrong();
}

std::optional<http::response> access::refuse_change(const http::request& r) {
  if (!has_token()) {
    return http::problem{403, "actions-off",
                         "actions are off: start the program with --http-token-file, and give that token"}
        .answer();
  }
  const auto given = r.header("Authorization").value_or("");
  // What is refused for its body uses no proof up.
  const bool known = knows_token(r) && covers_body(given, r);
  const bool may = known && (is_safe(r.method) || !http::shared_token::is_proof(given) || is_new(given));
  return may ? std::nullopt : std::optional{token_wrong()};
}

void access::sign(http::call& what) const {
  if (!has_token()) return;
  std::string_view target{what.target};
  if (target.ends_with('?')) target.remove_suffix(1);  // who is asked cannot tell
  what.fields.emplace_back("Authorization",
                           token_.proof_for({what.method, what.address, target}, what.body, time_.wall_ms()));
}

}  // namespace corka::query
