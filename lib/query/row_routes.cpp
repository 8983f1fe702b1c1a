#include "query/row_routes.hpp"

#include "query/across_instances.hpp"
#include "query/base64url.hpp"
#include "query/row_answers.hpp"
#include "query/table_pages.hpp"

#include <corka/http/problem.hpp>

#include <algorithm>
#include <initializer_list>
#include <string>
#include <string_view>
#include <utility>

namespace corka::query {

namespace {

using http::request;
using http::response;

task<response> malformed_key() {
  co_return http::problem{400, "key-malformed",
                          "give the key as the path's last segment, percent-encoded, or as ?key64= in base64url"}
      .answer();
}

/// A word that is none of those that a parameter may be.
bool is_odd(const request& r, std::string_view name, std::initializer_list<std::string_view> words) {
  const auto given = r.query_value(name);
  return given && std::ranges::find(words, *given) == words.end();
}

task<response> refuse(const char* mistake) { co_return http::problem{400, "query-malformed", mistake}.answer(); }

/// Why the words of `route` and `stale` are none; null where they are some.
const char* odd_word(const request& r) {
  if (is_odd(r, "route", {"proxy", "redirect", "local"})) return "route is proxy, redirect or local";
  if (is_odd(r, "stale", {"allow", "never"})) return "stale is allow or never";
  return nullptr;
}

}  // namespace

void route_rows(http::router& routes, const source& from, across_instances* across) {
  const auto row = [&from, across](const request& r, std::string key) {
    if (const auto* mistake = odd_word(r)) return refuse(mistake);
    return across != nullptr ? across->row(r, r.at("table"), std::move(key))
                             : answer_row(from, r, r.at("table"), std::move(key));
  };
  const std::string keys = "/api/v1/tables/{table}/keys";
  routes.get(keys, [&from, across, row](const request& r) {
    if (const auto encoded = r.query_value("key64")) {
      auto key = base64url_decode(*encoded);
      return key ? row(r, std::move(*key)) : malformed_key();
    }
    if (const auto* mistake = odd_word(r)) return refuse(mistake);
    return across != nullptr ? across->rows(r, r.at("table")) : answer_rows(from, r, r.at("table"));
  });
  routes.get(keys + "/{key}", [row](const request& r) { return row(r, r.at("key")); });
}

}  // namespace corka::query
