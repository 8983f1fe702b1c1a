#include "query/cluster_map.hpp"

#include <doctest/doctest.h>

#include <string>
#include <vector>

using namespace corka;
using query::cluster_map;
using query::cluster_member;
using query::group_description;

namespace {

cluster_member member(std::string name, std::vector<std::int32_t> holds) {
  cluster_member m;
  m.address = name + ":8080";
  m.name = std::move(name);
  for (const auto p : holds) m.holds.emplace_back(p);
  return m;
}

group_description planes(std::int32_t partitions, std::vector<cluster_member> members) {
  return {"planes", partitions, partitioner::fnv1a, std::move(members)};
}

std::string owner(const cluster_map& map, std::int32_t p) {
  const auto* const m = map.owner(partition_id{p});
  return m == nullptr ? "nobody" : m->name;
}

}  // namespace

TEST_CASE("cluster map: each partition is with the member that holds it, or with nobody") {
  const cluster_map map{planes(4, {member("a", {0, 2}), member("b", {1})})};
  CHECK(owner(map, 0) == "a");
  CHECK(owner(map, 1) == "b");
  CHECK(owner(map, 2) == "a");
  CHECK(owner(map, 3) == "nobody");
  CHECK(owner(map, 4) == "nobody");
  CHECK(owner(map, -1) == "nobody");
  CHECK(map.unheld() == std::vector<partition_id>{partition_id{3}});
}

TEST_CASE("cluster map: a number beyond the topic's partitions is nobody's") {
  const cluster_map map{planes(1, {member("a", {0, 7})})};
  CHECK(owner(map, 7) == "nobody");
}

TEST_CASE("cluster map: between two assignments those who are still there are taken to hold what they held") {
  const cluster_map before{planes(3, {member("a", {0}), member("b", {1, 2})})};
  const cluster_map now{planes(3, {member("b", {}), member("c", {})}), before};
  CHECK(owner(now, 0) == "nobody");
  CHECK(owner(now, 1) == "b");
  CHECK(owner(now, 2) == "b");
  const cluster_map settled{planes(3, {member("b", {2}), member("c", {0})}), now};
  CHECK(owner(settled, 0) == "c");
  CHECK(owner(settled, 1) == "nobody");
}

TEST_CASE("cluster map: a key's partition is that of the group's partitioner") {
  auto described = planes(7, {});
  CHECK(cluster_map{described}.partition_of("N14228") == partition_of("N14228", 7));
  described.by = partitioner::murmur2;
  CHECK(cluster_map{described}.partition_of("N14228") == partition_of("N14228", 7, partitioner::murmur2));
  CHECK(cluster_map{planes(0, {})}.partition_of("N14228") == partition_id{-1});
}
