// Sources: positions, ends, holes, wake-ups, memory.
#include "contract/kafka/transport_user.hpp"

#include <doctest/doctest.h>

#include <map>
#include <set>
#include <string>
#include <vector>

using namespace corka;
using namespace corka::test;
using lines = std::vector<std::string>;

namespace {

void fill(transport_user& u, const topic_name& topic, int records, std::size_t value_size = 4) {
  for (int i = 0; i < records; ++i) u.send(topic, 0, std::to_string(i), std::string(value_size, 'v'));
  u.settle_sends();
}

/// Polls until it throws or `patience` is over; the code that was thrown.
std::optional<errc> failure_of(transport_user& u, kafka::record_source& source) {
  std::optional<errc> thrown;
  kafka::record_batch batch;
  static_cast<void>(u.fixture->eventually(
      [&] {
        try {
          while (source.poll({}, batch)) continue;
        } catch (const error& e) { thrown = e.kind(); }
        return thrown.has_value();
      },
      std::chrono::seconds{20}));
  return thrown;
}

}  // namespace

TEST_CASE("reading: begins at any offset that is there") {
  transport_user u;
  const auto topic = u.topic();
  fill(u, topic, 100);
  const auto found = u.read(topic, 0, 97);
  CHECK(to_lines(found) == lines{"97 97=vvvv", "98 98=vvvv", "99 99=vvvv"});
}

TEST_CASE("reading: at the end there is nothing, then what comes") {
  transport_user u;
  const auto topic = u.topic();
  fill(u, topic, 3);
  const topic_partition where{topic, partition_id{0}};
  const auto source = u.reader->open(where, offset{3}, u.arrived.remote());
  CHECK(u.read_to(*source, 3).empty());
  u.send(topic, 0, "new", "1");
  u.settle_sends();
  CHECK(to_lines(u.read_to(*source, 4)) == lines{"3 new=1"});
}

TEST_CASE("reading: a poll that gave nothing is followed by a wake-up when something comes") {
  transport_user u;
  const auto topic = u.topic();
  const auto source = u.reader->open({topic, partition_id{0}}, offset{0}, u.arrived.remote());
  kafka::record_batch batch;
  for (int round = 0; round < 5; ++round) {
    // Drained to the end, and quiet.
    REQUIRE(u.fixture->eventually([&] {
      if (u.arrived.try_wait() || source->poll({}, batch)) return false;
      return batch.position.value == round;
    }));
    u.send(topic, 0, "k", std::to_string(round));
    u.settle_sends();
    CHECK(u.fixture->eventually([&] { return u.arrived.try_wait(); }));
    CHECK(to_lines(u.read_to(*source, round + 1)) == lines{std::to_string(round) + " k=" + std::to_string(round)});
  }
}

TEST_CASE("reading: batches keep to their limits, but hold at least one record") {
  transport_user u;
  const auto topic = u.topic();
  fill(u, topic, 100, 1000);
  const auto source = u.reader->open({topic, partition_id{0}}, offset{0}, u.arrived.remote());
  kafka::record_batch batch;
  std::int64_t next = 0;
  const auto take = [&](kafka::batch_limit limit) {
    REQUIRE(u.fixture->eventually([&] { return source->poll(limit, batch) && !batch.records.empty(); }));
    CHECK(batch.records.front().at.value == next);
    next = batch.position.value;
    return batch.records.size();
  };
  CHECK(take({1, 1U << 20U}) == 1);
  CHECK(take({7, 1U << 20U}) <= 7);
  CHECK(take({1000, 10}) == 1);
  const auto some = take({1000, 5000});
  CHECK(some >= 1);
  CHECK(some <= 5);
  CHECK(batch.bytes <= 5000);
  CHECK(next > 4);
}

TEST_CASE("reading: an offset that was never written is an error") {
  transport_user u;
  const auto topic = u.topic();
  fill(u, topic, 3);
  const auto above = u.reader->open({topic, partition_id{0}}, offset{1000}, u.arrived.remote());
  CHECK(failure_of(u, *above) == errc::offset_out_of_range);
}

TEST_CASE("reading: a topic that does not exist is an error") {
  transport_user u;
  const auto source =
      u.reader->open({topic_name{u.fixture->unique("no-such-topic")}, partition_id{0}}, offset{0}, u.arrived.remote());
  CHECK(failure_of(u, *source) == errc::topic_unknown);
}

TEST_CASE("reading: the known range is the partition's once something was read") {
  transport_user u;
  const auto topic = u.topic();
  fill(u, topic, 10);
  const auto source = u.reader->open({topic, partition_id{0}}, offset{4}, u.arrived.remote());
  CHECK(u.read_to(*source, 10).size() == 6);
  CHECK(u.fixture->eventually([&] { return source->known_range() == offset_range{offset{0}, offset{10}}; }));
}

TEST_CASE("reading: a batch outlives its source, and may serve another") {
  transport_user u;
  const auto topic = u.topic();
  fill(u, topic, 10);
  kafka::record_batch batch;
  auto source = u.reader->open({topic, partition_id{0}}, offset{0}, u.arrived.remote());
  REQUIRE(u.fixture->eventually([&] { return source->poll({3, 1U << 20U}, batch) && !batch.records.empty(); }));
  source.reset();
  CHECK(keep(batch).front().key == "0");
  source = u.reader->open({topic, partition_id{0}}, offset{8}, u.arrived.remote());
  REQUIRE(u.fixture->eventually([&] { return source->poll({}, batch) && !batch.records.empty(); }));
  CHECK(keep(batch).front().key == "8");
}

TEST_CASE("reading: a source that is not polled holds back nobody, and loses nothing") {
  transport_user u;
  const auto topic = u.topic(2);
  const auto idle = u.reader->open({topic, partition_id{0}}, offset{0}, u.arrived.remote());
  const auto busy = u.reader->open({topic, partition_id{1}}, offset{0}, u.arrived.remote());
  const std::string value(10'000, 'v');
  for (int i = 0; i < 1000; ++i) {
    u.send(topic, 0, "idle", value);
    u.send(topic, 1, "busy", value);
  }
  u.settle_sends();
  CHECK(u.read_to(*busy, 1000).size() == 1000);
  CHECK(u.read_to(*idle, 1000).size() == 1000);
}

TEST_CASE("reading: two readers read one partition at the same time, and a topic's new id disturbs no source") {
  transport_user u;
  const auto topic = u.topic(2);
  u.send(topic, 0, "a", "1");
  u.send(topic, 1, "b", "1");
  u.settle_sends();
  const auto other = u.cluster().reader("another", u.fixture->control());
  u.reader->topic_is(topic, "one");
  const auto source = u.reader->open({topic, partition_id{0}}, offset{0}, u.arrived.remote());
  const auto same = other->open({topic, partition_id{0}}, offset{0}, u.arrived.remote());
  CHECK(to_lines(u.read_to(*source, 1)) == std::vector<std::string>{"0 a=1"});
  CHECK(to_lines(u.read_to(*same, 1)) == std::vector<std::string>{"0 a=1"});
  u.reader->topic_is(topic, "another");
  const auto later = u.reader->open({topic, partition_id{1}}, offset{0}, u.arrived.remote());
  CHECK(to_lines(u.read_to(*later, 1)) == std::vector<std::string>{"0 b=1"});
  u.send(topic, 0, "c", "2");
  u.settle_sends();
  CHECK(to_lines(u.read_to(*source, 2)) == std::vector<std::string>{"1 c=2"});
  CHECK(to_lines(u.read_to(*same, 2)) == std::vector<std::string>{"1 c=2"});
}

TEST_CASE("reading: after compaction the last value of each key is left, and the position passes the holes") {
  transport_user u;
  const std::map<std::string, std::string> config{{"cleanup.policy", "compact"},         {"segment.bytes", "1048576"},
                                                  {"min.cleanable.dirty.ratio", "0.01"}, {"min.compaction.lag.ms", "0"},
                                                  {"max.compaction.lag.ms", "1000"},     {"segment.ms", "1000"}};
  const auto topic = u.topic(1, config);
  const std::string filling(20'000, 'x');
  std::map<std::string, std::string> last;
  for (int i = 0; i < 200; ++i) {
    const auto key = "k" + std::to_string(i % 7);
    const auto value = std::to_string(i) + filling;
    u.send(topic, 0, key, value);
    last[key] = value;
  }
  u.settle_sends();
  // Some that come together at the end: Kafka does not compact what it is writing to.
  for (int i = 200; i < 214; ++i) {
    const auto key = "k" + std::to_string(i % 7);
    last[key] = std::to_string(i);
    u.send(topic, 0, key, last[key]);
  }
  u.settle_sends();
  if (!u.fixture->compact(topic)) return;
  const auto found = u.read(topic);
  CHECK(found.size() < 200);
  std::map<std::string, std::string> seen;
  std::int64_t previous = -1;
  for (const auto& r : found) {
    CHECK(r.at > previous);
    previous = r.at;
    seen[r.key] = *r.value;
  }
  CHECK(seen == last);
  // Opening inside a hole goes on behind it.
  const auto from_middle = u.read(topic, 0, 3);
  REQUIRE_FALSE(from_middle.empty());
  CHECK(from_middle.front().at >= 3);
}
