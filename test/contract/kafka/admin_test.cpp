// Questions and orders to the cluster.
#include "contract/kafka/transport_user.hpp"

#include <doctest/doctest.h>

#include <string>
#include <vector>

using namespace corka;
using namespace corka::test;

TEST_CASE("admin: a created topic exists, with its partitions and an id of its own") {
  transport_user u;
  const auto first = u.topic(3);
  const auto second = u.topic(1);
  const auto unknown = topic_name{u.fixture->unique("no-such-topic")};
  std::vector<topic_name> names{first, unknown, second};
  const auto found = u.run(u.admin->describe(std::move(names)));
  REQUIRE(found.size() == 3);
  CHECK(found[0].topic == first);
  CHECK(found[0].exists);
  CHECK(found[0].partitions == 3);
  CHECK(found[0].replication == 1);
  CHECK_FALSE(found[0].id.empty());
  CHECK(found[1].topic == unknown);
  CHECK_FALSE(found[1].exists);
  CHECK(found[2].exists);
  CHECK(found[2].partitions == 1);
  CHECK(found[2].id != found[0].id);
}

TEST_CASE("admin: asking for a topic does not make it") {
  transport_user u;
  const auto name = topic_name{u.fixture->unique("no-such-topic")};
  CHECK_FALSE(u.describe(name).exists);
  CHECK_FALSE(u.describe(name).exists);
}

TEST_CASE("admin: creating what is there already changes nothing, and says which ones it made") {
  transport_user u;
  const auto topic = u.topic(2);
  const auto before = u.describe(topic);
  kafka::new_topic again;
  again.topic = topic;
  again.partitions = 5;
  kafka::new_topic fresh;
  fresh.topic = topic_name{u.fixture->unique("fresh")};
  fresh.partitions = 1;
  std::vector<kafka::new_topic> all{again, fresh};
  CHECK(u.run(u.admin->create(std::move(all))) == std::vector{fresh.topic});
  const auto after = u.describe(topic);
  CHECK(after.partitions == 2);
  CHECK(after.id == before.id);
}

TEST_CASE("admin: a name that cannot be one is refused") {
  transport_user u;
  kafka::new_topic wanted;
  wanted.topic = topic_name{"no/slash"};
  std::vector<kafka::new_topic> all{wanted};
  CHECK_THROWS_AS(u.run(u.admin->create(std::move(all))), error);
}

TEST_CASE("admin: offsets are the first one and the end") {
  transport_user u;
  const auto topic = u.topic(2);
  for (int i = 0; i < 4; ++i) u.send(topic, 1, "k", "v");
  u.settle_sends();
  std::vector<topic_partition> of{{topic, partition_id{1}}, {topic, partition_id{0}}};
  const auto found = u.run(u.admin->offsets(std::move(of)));
  REQUIRE(found.size() == 2);
  CHECK(found[0] == offset_range{offset{0}, offset{4}});
  CHECK(found[1] == offset_range{offset{0}, offset{0}});
}

TEST_CASE("admin: offsets of an unknown topic, or of a partition that it has not, are an error that names it") {
  transport_user u;
  const auto name = topic_name{u.fixture->unique("no-such-topic")};
  const auto there = u.topic();
  for (const auto& of : {std::vector<topic_partition>{{name, partition_id{0}}},
                         std::vector<topic_partition>{{there, partition_id{0}}, {name, partition_id{0}}},
                         std::vector<topic_partition>{{there, partition_id{7}}}}) {
    try {
      static_cast<void>(u.run(u.admin->offsets(of)));
      FAIL_CHECK("offsets() returned");
    } catch (const error& e) {
      const std::string what = e.what();
      CAPTURE(what);
      CHECK(e.kind() == errc::topic_unknown);
      CHECK(what.find(to_string(of.back())) != std::string::npos);
    }
  }
}

TEST_CASE("admin: offsets by time are the first record at or after it, or the end") {
  transport_user u;
  const auto topic = u.topic(2);
  const auto start = u.fixture->time().wall_ms() - 100'000;
  for (int i = 0; i < 10; ++i) {
    kafka::outgoing what;
    what.value = "v";
    what.timestamp_ms = start + i * 1000;
    u.send(topic, what);
  }
  u.settle_sends();
  const auto at = [&](std::int64_t time, std::int32_t partition) {
    std::vector<topic_partition> of{{topic, partition_id{partition}}};
    return u.run(u.admin->offsets_at(std::move(of), time)).at(0).value;
  };
  CHECK(at(start - 5000, 0) == 0);
  CHECK(at(start + 3000, 0) == 3);
  CHECK(at(start + 3001, 0) == 4);
  CHECK(at(start + 60'000, 0) == 10);
  CHECK(at(start, 1) == 0);
}

TEST_CASE("admin: settings are those given, and the defaults of those that were not") {
  transport_user u;
  const auto table = u.topic(1, {{"cleanup.policy", "compact"}, {"retention.ms", "-1"}});
  const auto plain = u.topic(1);
  const auto unknown = topic_name{u.fixture->unique("no-such-topic")};
  std::vector<topic_name> names{table, unknown, plain};
  const auto found = u.run(u.admin->settings(std::move(names)));
  REQUIRE(found.size() == 3);
  CHECK(found[0].at("cleanup.policy") == "compact");
  CHECK(found[0].at("retention.ms") == "-1");
  CHECK(found[1].empty());
  CHECK(found[2].at("cleanup.policy") == "delete");
  CHECK(found[2].at("retention.ms") == "604800000");
  CHECK(found[2].at("delete.retention.ms") == "86400000");
}
