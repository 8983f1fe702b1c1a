// Topics that are made anew after the broker was started again: what librdkafka remembers of them then is wrong.
#include "contract/kafka/transport_user.hpp"
#include "support/eventually.hpp"
#include "support/kafka_client.hpp"
#include "system/kafka_outage/outage_broker.hpp"

#include <doctest/doctest.h>

#include <exception>
#include <string>
#include <vector>

using namespace corka;
using namespace corka::test;
using namespace std::chrono_literals;

TEST_CASE(
    "outage: a topic that is made anew after the broker was started again is read, on its own and beside others") {
  transport_user u;
  kafka_client client{outage_broker().address()};
  const auto renewed = u.topic(2);
  const auto kept = u.topic();
  const topic_partition first{renewed, partition_id{0}};
  const topic_partition second{renewed, partition_id{1}};
  const auto write = [&](const topic_name& topic, std::int32_t partition, const std::string& key) {
    client.produce(topic.str(), partition, key, "v");
    client.flush();
  };
  write(renewed, 0, "a");
  write(renewed, 1, "b");
  write(kept, 0, "c");
  u.reader->topic_is(renewed, u.describe(renewed).id);
  auto one = u.reader->open(first, offset{0}, u.arrived.remote());
  auto two = u.reader->open(second, offset{0}, u.arrived.remote());
  auto other = u.reader->open({kept, partition_id{0}}, offset{0}, u.arrived.remote());
  CHECK(to_lines(u.read_to(*one, 1)) == std::vector<std::string>{"0 a=v"});
  CHECK(to_lines(u.read_to(*two, 1)) == std::vector<std::string>{"0 b=v"});
  CHECK(to_lines(u.read_to(*other, 1)) == std::vector<std::string>{"0 c=v"});

  // Each start of a broker raises the leader epochs of its topics; those of a new topic begin at 0.
  outage_broker().kill();
  outage_broker().restart();
  write(renewed, 0, "d");
  CHECK(to_lines(u.read_to(*one, 2)) == std::vector<std::string>{"1 d=v"});  // it knows the new epoch now
  client.delete_topic(renewed.str());
  REQUIRE(eventually(20s, [&] {
    try {
      client.create_topic(renewed.str(), 2);
      return true;
    } catch (const std::exception&) { return false; }  // Kafka takes a while to forget a name
  }));
  write(renewed, 0, "e");
  write(renewed, 1, "f");
  write(kept, 0, "g");

  u.reader->topic_is(renewed, u.describe(renewed).id);
  one.reset();
  one = u.reader->open(first, offset{0}, u.arrived.remote());
  CHECK(to_lines(u.read_to(*one, 1)) == std::vector<std::string>{"0 e=v"});
  two.reset();
  two = u.reader->open(second, offset{0}, u.arrived.remote());
  CHECK(to_lines(u.read_to(*two, 1)) == std::vector<std::string>{"0 f=v"});
  CHECK(to_lines(u.read_to(*other, 2)) == std::vector<std::string>{"1 g=v"});
  CHECK(u.range(first).high == offset{1});
}
