#include "query/rebalance_reasons.hpp"

#include <doctest/doctest.h>

#include <string>
#include <vector>

using namespace corka;
using query::rebalance_reasons;
using kind = rebalance_status::kind;

namespace {

/// The moves of a member "a" of group "g".
processor_status moved(std::vector<rebalance_status> moves, std::uint64_t forgotten = 0) {
  processor_status p;
  p.group = "g";
  p.member = "a";
  p.rebalances = moves.size() + forgotten;
  p.rebalance_history = std::move(moves);
  return p;
}

void described(rebalance_reasons& r, const std::vector<std::string>& names, std::int64_t at) {
  std::vector<query::cluster_member> members;
  for (const auto& n : names) members.push_back({n, "", {}});
  r.described("g", members, at);
}

std::string reason(const rebalance_reasons& r, const processor_status& p, std::size_t i) {
  return r.of(p, p.rebalance_history[i]).value_or("unknown");
}

}  // namespace

TEST_CASE("reasons: who came and who went is read off the group before and after") {
  rebalance_reasons r;
  const auto p = moved({{kind::assigned, 100, {}, {0, 1, 2}},
                        {kind::revoked, 200, {}, {2}},
                        {kind::assigned, 210, {}, {}},
                        {kind::assigned, 300, {}, {2}},
                        {kind::revoked, 400, {}, {1}},
                        {kind::revoked, 500, {}, {0}}});
  described(r, {"a"}, 110);
  described(r, {"a", "b"}, 220);
  described(r, {"a", "c"}, 310);
  described(r, {"c", "a"}, 410);
  CHECK(reason(r, p, 0) == "joined");
  CHECK(reason(r, p, 1) == "members joined: b");
  CHECK(reason(r, p, 2) == "members joined: b");
  CHECK(reason(r, p, 3) == "members joined: c; members left: b");
  CHECK(reason(r, p, 4) == "assignment changed");
  CHECK(reason(r, p, 5) == "unknown");
  described(r, {"a"}, 510);
  CHECK(reason(r, p, 5) == "members left: c");
}

TEST_CASE("reasons: what nobody has looked at before or after is not known") {
  rebalance_reasons r;
  const auto p = moved({{kind::assigned, 100, {}, {0}}, {kind::lost, 150, {}, {0}}, {kind::assigned, 200, {}, {1}}});
  CHECK(reason(r, p, 1) == "session lost");
  CHECK(reason(r, p, 2) == "unknown");
  described(r, {"a"}, 210);
  CHECK(reason(r, p, 2) == "unknown");
  // The first that is remembered is not the first that there was.
  CHECK(reason(r, moved(p.rebalance_history, 3), 0) == "unknown");
}

TEST_CASE("reasons: the group is looked at once a member is in it, and after each move") {
  rebalance_reasons r;
  auto p = moved({});
  p.member.clear();
  CHECK_FALSE(r.lacks(p));
  p.member = "a";
  CHECK(r.lacks(p));
  described(r, {"a"}, 50);
  CHECK_FALSE(r.lacks(p));
  p = moved({{kind::assigned, 100, {}, {0}}});
  CHECK(r.lacks(p));
  described(r, {"a"}, 110);
  CHECK_FALSE(r.lacks(p));
}

TEST_CASE("reasons: pictures that explain nothing any more are forgotten") {
  rebalance_reasons r;
  for (int i = 0; i < 1'000; ++i) described(r, {"a", "b" + std::to_string(i)}, i);
  const auto late = moved({{kind::revoked, 999, {}, {0}}, {kind::revoked, 2'000, {}, {1}}}, 7);
  r.seen(late);
  CHECK(reason(r, late, 0) == "members joined: b999; members left: b998");
  CHECK(reason(r, late, 1) == "unknown");
  const auto old = moved({{kind::revoked, 500, {}, {0}}}, 7);
  CHECK(reason(r, old, 0) == "unknown");
}
