#include "query/access.hpp"

#include "base/virtual_clock.hpp"

#include <doctest/doctest.h>

#include <array>
#include <string>
#include <vector>

using namespace corka;
using namespace std::chrono_literals;
using guard = query::access;

namespace {

struct asked {
  std::vector<std::string> values;
  std::vector<http::field> fields;
  http::request r;

  asked(std::string_view method, std::string_view path, std::string authorization = {}, std::string_view with = {},
        std::string_view body = {})
      : values{std::move(authorization)} {
    if (!values[0].empty()) fields.push_back({"Authorization", values[0]});
    r.method = method;
    r.path = path;
    r.query = with;
    r.body = body;
    r.fields = fields;
  }
};

std::string signed_by(const guard& who, const std::string& address, const std::string& target,
                      const std::string& method = "GET", const std::string& body = {}) {
  http::call what;
  what.method = method;
  what.address = address;
  what.target = target;
  what.body = body;
  who.sign(what);
  REQUIRE(what.fields.size() == 1);
  CHECK(what.fields[0].first == "Authorization");
  return what.fields[0].second;
}

}  // namespace

TEST_CASE("access: with the token for everything, only what says nothing of the program is open") {
  virtual_clock time;
  guard all{"open-sesame", guard::needed::everything, time};
  guard some{"open-sesame", guard::needed::actions, time};
  for (const auto* const open : {"/", "/healthz", "/readyz", "/assets/main.js", "/api/v1/openapi.json"}) {
    CHECK_FALSE(all.admit(asked{"GET", open}.r));
    CHECK_FALSE(some.admit(asked{"GET", open}.r));
  }
  for (const auto* const closed : {"/metrics", "/api/v1/status", "/api/v1/events", "/own/page", "/nothing", "/assets",
                                   "//", "/healthz/", "/api/v1/tables/t/keys/k", "*"}) {
    CAPTURE(closed);
    const auto no = all.admit(asked{"GET", closed}.r);
    REQUIRE(no);
    CHECK(no->status() == 401);
    CHECK(no->header("WWW-Authenticate") == "Bearer");
    CHECK(all.admit(asked{"GET", closed, "Bearer wrong"}.r));
    CHECK_FALSE(all.admit(asked{"GET", closed, "Bearer open-sesame"}.r));
    CHECK_FALSE(some.admit(asked{"GET", closed}.r));
  }
}

TEST_CASE("access: instances prove that they know the token, each question for itself, and do not tell it") {
  virtual_clock time;
  guard here{"open-sesame", guard::needed::everything, time};
  guard there{"open-sesame", guard::needed::everything, time};
  here.announce("a:1");
  there.announce("https://b:1");
  const auto proof = signed_by(here, "https://b:1", "/api/v1/status?x=1");
  CHECK(proof.find("open-sesame") == std::string::npos);
  CHECK_FALSE(there.admit(asked{"GET", "/api/v1/status", proof, "x=1"}.r));
  CHECK_FALSE(there.admit(asked{"GET", "/api/v1/status", proof, "x=1"}.r));
  CHECK(there.admit(asked{"GET", "/api/v1/status", proof}.r));
  CHECK(there.admit(asked{"GET", "/api/v1/config", proof, "x=1"}.r));
  // Who got it cannot use it elsewhere.
  CHECK(here.admit(asked{"GET", "/api/v1/status", proof, "x=1"}.r));
  time.jump(2min);
  CHECK(there.admit(asked{"GET", "/api/v1/status", proof, "x=1"}.r));
  // A question without parameters, however it is written.
  CHECK_FALSE(there.admit(asked{"GET", "/keys", signed_by(here, "https://b:1", "/keys?")}.r));
  guard other{"another-token", guard::needed::everything, time};
  CHECK(there.admit(asked{"GET", "/keys", signed_by(other, "https://b:1", "/keys")}.r));
  guard nobody{"open-sesame", guard::needed::everything, time};
  CHECK(nobody.admit(asked{"GET", "/keys", signed_by(here, "", "/keys")}.r));
}

TEST_CASE("access: changes need the token in any case, and a proof changes something once") {
  virtual_clock time;
  guard none{"", guard::needed::actions, time};
  CHECK(none.refuse_change(asked{"POST", "/runs", "Bearer "}.r)->status() == 403);
  http::call bare;
  none.sign(bare);
  CHECK(bare.fields.empty());

  guard here{"open-sesame", guard::needed::actions, time};
  guard there{"open-sesame", guard::needed::actions, time};
  there.announce("b:1");
  CHECK(there.refuse_change(asked{"POST", "/runs"}.r)->status() == 401);
  CHECK_FALSE(there.refuse_change(asked{"POST", "/runs", "Bearer open-sesame"}.r));
  CHECK_FALSE(there.refuse_change(asked{"POST", "/runs", "Bearer open-sesame"}.r));
  const auto proof = signed_by(here, "b:1", "/runs", "POST");
  CHECK_FALSE(there.refuse_change(asked{"POST", "/runs", proof}.r));
  CHECK(there.refuse_change(asked{"POST", "/runs", proof}.r)->status() == 401);
  CHECK_FALSE(there.refuse_change(asked{"POST", "/runs", signed_by(here, "b:1", "/runs", "POST")}.r));
}

TEST_CASE("access: a proof lets nobody put another body into what was proven") {
  virtual_clock time;
  guard here{"open-sesame", guard::needed::everything, time};
  guard all{"open-sesame", guard::needed::everything, time};
  guard some{"open-sesame", guard::needed::actions, time};
  all.announce("b:1");
  some.announce("b:1");
  const auto proof = signed_by(here, "b:1", "/runs", "POST", "go");
  const asked right{"POST", "/runs", proof, {}, "go"};
  // Before the body is there it is good, or nobody could read on.
  CHECK_FALSE(all.admit(asked{"POST", "/runs", proof}.r));
  for (const auto* const body : {"gone", "g", ""}) {
    CAPTURE(body);
    const asked wrong{"POST", "/runs", proof, {}, body};
    const auto no = all.admit_whole(wrong.r);
    REQUIRE(no);
    CHECK(no->status() == 401);
    CHECK_FALSE(some.admit_whole(wrong.r));  // it asks for nothing there
    CHECK(all.refuse_change(wrong.r)->status() == 401);
    CHECK(some.refuse_change(wrong.r)->status() == 401);
  }
  // None of these attempts has used it up.
  CHECK_FALSE(all.admit_whole(right.r));
  CHECK_FALSE(all.refuse_change(right.r));
  CHECK_FALSE(some.refuse_change(right.r));
  // The token itself is good for any body, and what is open for any proof.
  CHECK_FALSE(all.admit_whole(asked{"POST", "/runs", "Bearer open-sesame", {}, "any"}.r));
  CHECK_FALSE(all.admit_whole(asked{"GET", "/healthz", proof, {}, "any"}.r));
}

TEST_CASE("access: what is remembered of proofs is bounded, and forgotten once they are worth nothing") {
  virtual_clock time;
  guard here{"open-sesame", guard::needed::actions, time};
  guard there{"open-sesame", guard::needed::actions, time};
  there.announce("b:1");
  int taken = 0;
  for (int i = 0; i < 2'000; ++i) {
    if (!there.refuse_change(asked{"POST", "/runs", signed_by(here, "b:1", "/runs", "POST")}.r)) ++taken;
  }
  CHECK(taken == 1'024);
  time.jump(3min);
  CHECK_FALSE(there.refuse_change(asked{"POST", "/runs", signed_by(here, "b:1", "/runs", "POST")}.r));
}
