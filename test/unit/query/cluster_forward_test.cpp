#include "query/cluster_forward.hpp"

#include <doctest/doctest.h>

#include <string>
#include <utility>
#include <variant>

using namespace corka;
using query::cluster_map;
using query::cluster_member;
using query::forward_fsm;

namespace {

using why = forward_fsm::refuse::why;

cluster_map map_of(std::vector<std::pair<std::string, std::int32_t>> owners) {
  query::group_description d{"planes", 2, partitioner::fnv1a, {}};
  for (auto& [address, p] : owners) d.members.push_back({address + "-id", address, {partition_id{p}}});
  return cluster_map{std::move(d)};
}

forward_fsm asking(std::int32_t partition, bool redirects = false) {
  return forward_fsm{{"key", partition_id{partition}, redirects, "me:1", {"my-id"}}};
}

/// "look", "look fresh", "pass b:1", "redirect b:1", "take", "refuse moving b:1 (0)".
std::string text(const forward_fsm::action& a) {
  if (const auto* l = std::get_if<forward_fsm::look>(&a)) return l->fresh ? "look fresh" : "look";
  if (const auto* p = std::get_if<forward_fsm::pass>(&a)) return "pass " + p->to;
  if (const auto* r = std::get_if<forward_fsm::redirect>(&a)) return "redirect " + r->to;
  if (std::holds_alternative<forward_fsm::take>(a)) return "take";
  const auto& r = std::get<forward_fsm::refuse>(a);
  const char* const names[] = {"nobody", "unannounced", "moving", "unreachable", "refused"};
  return std::string{"refuse "} + names[static_cast<int>(r.reason)] + (r.owner.empty() ? "" : " " + r.owner) + " (" +
         std::to_string(r.partition.value) + ")";
}

const forward_fsm::reply_kind answer{true, false, partition_id{0}};
const forward_fsm::reply_kind not_mine{false, false, partition_id{0}};

}  // namespace

TEST_CASE("forwarding: the owner is asked by the map that is known, and its answer is taken") {
  auto f = asking(0);
  CHECK(text(forward_fsm::started()) == "look");
  CHECK(text(f.mapped(map_of({{"b:1", 0}, {"c:1", 1}}))) == "pass b:1");
  CHECK(text(f.replied(answer)) == "take");
}

TEST_CASE("forwarding: who is not the owner any more makes us look anew, once") {
  auto f = asking(0);
  CHECK(text(f.mapped(map_of({{"b:1", 0}}))) == "pass b:1");
  CHECK(text(f.replied(not_mine)) == "look fresh");
  CHECK(text(f.mapped(map_of({{"c:1", 0}}))) == "pass c:1");
  CHECK(text(f.replied(not_mine)) == "refuse moving c:1 (0)");
}

TEST_CASE("forwarding: an owner out of reach is refused by its name, unless another has the partition by now") {
  auto f = asking(0);
  CHECK(text(f.mapped(map_of({{"b:1", 0}}))) == "pass b:1");
  CHECK(text(f.failed("refused")) == "look fresh");
  CHECK(text(f.mapped(map_of({{"b:1", 0}}))) == "refuse unreachable b:1 (0)");

  auto g = asking(0);
  CHECK(text(g.mapped(map_of({{"b:1", 0}}))) == "pass b:1");
  CHECK(text(g.failed("refused")) == "look fresh");
  CHECK(text(g.mapped(map_of({{"c:1", 0}}))) == "pass c:1");
  CHECK(text(g.failed("refused")) == "refuse unreachable c:1 (0)");
}

TEST_CASE("forwarding: a partition of nobody's, or that is said to be ours, is looked for anew") {
  auto f = asking(1);
  CHECK(text(f.mapped(map_of({{"b:1", 0}}))) == "look fresh");
  CHECK(text(f.mapped(map_of({{"b:1", 0}}))) == "refuse nobody (1)");
  auto g = asking(0);
  CHECK(text(g.mapped(map_of({{"me:1", 0}}))) == "look fresh");
  CHECK(text(g.mapped(map_of({{"b:1", 0}}))) == "pass b:1");
  // Ours by the name of the membership, where no address is announced.
  query::group_description d{"planes", 2, partitioner::fnv1a, {{"my-id", "", {partition_id{0}}}}};
  auto h = asking(0);
  CHECK(text(h.mapped(cluster_map{d})) == "look fresh");
  CHECK(text(h.mapped(cluster_map{d})) == "refuse moving my-id (0)");
}

TEST_CASE("forwarding: an owner that announces nothing is named by its membership") {
  query::group_description d{"planes", 1, partitioner::fnv1a, {{"rdkafka-7", "", {partition_id{0}}}}};
  auto f = asking(0);
  CHECK(text(f.mapped(cluster_map{d})) == "look fresh");
  CHECK(text(f.mapped(cluster_map{d})) == "refuse unannounced rdkafka-7 (0)");
}

TEST_CASE("forwarding: whoever knows better which partition a key is of is believed") {
  // As of an instance that does not know the group's partitioner.
  auto f = asking(0);
  CHECK(text(f.mapped(map_of({{"b:1", 0}, {"c:1", 1}}))) == "pass b:1");
  CHECK(text(f.replied({false, false, partition_id{1}})) == "look fresh");
  CHECK(text(f.mapped(map_of({{"b:1", 0}, {"c:1", 1}}))) == "pass c:1");
  CHECK(text(f.replied({true, false, partition_id{1}})) == "take");
}

TEST_CASE("forwarding: who wants to be redirected is; a token that is refused is nothing to try again") {
  auto f = asking(0, true);
  CHECK(text(f.mapped(map_of({{"b:1", 0}}))) == "redirect b:1");
  auto g = asking(0);
  CHECK(text(g.mapped(map_of({{"b:1", 0}}))) == "pass b:1");
  CHECK(text(g.replied({false, true, {}})) == "refuse refused b:1 (0)");
}
