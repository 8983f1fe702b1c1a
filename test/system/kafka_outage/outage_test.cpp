// The brokers go away and come back.
#include "contract/kafka/driven_member.hpp"
#include "system/kafka_contract/real_transport.hpp"
#include "system/kafka_outage/outage_broker.hpp"

#include <doctest/doctest.h>
#include <librdkafka/rdkafka.h>

#include <algorithm>
#include <chrono>
#include <memory>
#include <optional>
#include <string>

using namespace corka;
using namespace corka::test;
using namespace std::chrono_literals;

namespace {

kafka_broker& broker() { return outage_broker(); }

kafka::member_options lease_on(transport_user& u, const topic_name& driver) {
  kafka::member_options options;
  options.group = group_name{u.fixture->unique("group")};
  options.driver = driver;
  return options;
}

/// How long `f` takes.
template <class F>
std::chrono::milliseconds duration_of(transport_user& u, F f) {
  const auto start = u.fixture->time().now();
  f();
  return std::chrono::duration_cast<std::chrono::milliseconds>(u.fixture->time().now() - start);
}

void delete_topic(const std::string& name) {
  auto* const conf = rd_kafka_conf_new();
  rd_kafka_conf_set(conf, "bootstrap.servers", broker().address().c_str(), nullptr, 0);
  auto* const rk = rd_kafka_new(RD_KAFKA_PRODUCER, conf, nullptr, 0);
  auto* const queue = rd_kafka_queue_new(rk);
  auto* wanted = rd_kafka_DeleteTopic_new(name.c_str());
  rd_kafka_DeleteTopics(rk, &wanted, 1, nullptr, queue);
  auto* const answer = rd_kafka_queue_poll(queue, 30'000);
  REQUIRE(answer != nullptr);
  CHECK(rd_kafka_event_error(answer) == RD_KAFKA_RESP_ERR_NO_ERROR);
  rd_kafka_event_destroy(answer);
  rd_kafka_DeleteTopic_destroy(wanted);
  rd_kafka_queue_destroy(queue);
  rd_kafka_destroy(rk);
}

std::size_t failures(const report_book& book) {
  return static_cast<std::size_t>(
      std::count_if(book.all.begin(), book.all.end(), [](const auto& r) { return static_cast<bool>(r.failed); }));
}

}  // namespace

std::unique_ptr<transport_fixture> corka::test::make_transport() {
  return std::make_unique<real_transport>(broker().address());
}

TEST_CASE("outage: what is sent while the broker is dead is written once, in order, when it is back; reading goes on") {
  transport_user u;
  ownership book;
  book.allow_two();
  const auto topic = u.topic();
  auto member = std::make_unique<driven_member>(u, book, "a", lease_on(u, topic));
  REQUIRE(u.fixture->eventually([&] { return member->owned().size() == 1 && member->connected(); }));
  auto source = u.reader->open({topic, partition_id{0}}, offset{0}, u.arrived.remote());
  for (int i = 0; i < 100; ++i) u.send(topic, 0, std::to_string(i), "before");
  u.settle_sends();
  CHECK(member->commit(topic, 0, 50) == std::error_code{});

  broker().kill();
  CHECK(u.fixture->eventually([&] { return !member->connected(); }, 5s));
  for (int i = 100; i < 200; ++i) u.send(topic, 0, std::to_string(i), "meanwhile");
  CHECK(member->commit(topic, 0, 60) == errc::broker_unavailable);
  kafka::record_batch batch;
  std::int64_t seen = 0;
  while (source->poll({}, batch)) seen += static_cast<std::int64_t>(batch.records.size());
  CHECK_FALSE(member->ended().has_value());

  broker().restart();
  CHECK(u.fixture->eventually([&] { return member->connected(); }, 60s));
  u.settle_sends();
  REQUIRE(u.reports->all.size() == 200);
  CHECK(failures(*u.reports) == 0);
  const auto rest = u.read_to(*source, 200);
  CHECK(seen + static_cast<std::int64_t>(rest.size()) == 200);
  source.reset();
  const auto all = u.read(topic);
  REQUIRE(all.size() == 200);
  for (int i = 0; i < 200; ++i) CHECK(all[static_cast<std::size_t>(i)].key == std::to_string(i));
  CHECK(u.fixture->eventually([&] { return member->owned().size() == 1; }));
  CHECK(u.fixture->eventually([&] { return member->commit(topic, 0, 150) == std::error_code{}; }, 30s));
  CHECK(member->committed(topic, 0) == 150);
}

TEST_CASE("outage: members, producers and readers can be closed while the broker is dead, and in time") {
  transport_user u;
  ownership book;
  const auto topic = u.topic(4);
  auto member = std::make_unique<driven_member>(u, book, "a", lease_on(u, topic));
  REQUIRE(u.fixture->eventually([&] { return member->owned().size() == 4; }));
  auto source = u.reader->open({topic, partition_id{0}}, offset{0}, u.arrived.remote());
  u.send(topic, 0, "k", "v");
  u.settle_sends();

  broker().kill();
  for (int i = 0; i < 10; ++i) u.send(topic, 0, "k", "lost");
  CHECK(duration_of(u, [&] { u.run(member->get().close(u.in(2s))); }) < 4s);
  CHECK(duration_of(u, [&] { u.run(u.producer->close(u.in(1s))); }) < 4s);
  REQUIRE(u.reports->all.size() == 11);  // each exactly once
  CHECK(failures(*u.reports) == 10);
  CHECK(duration_of(u, [&] { source.reset(); }) < 1s);
  CHECK(duration_of(u, [&] { u.reader.reset(); }) < 1s);
  CHECK(duration_of(u, [&] { member.reset(); }) < 1s);
  broker().restart();
}

TEST_CASE("outage: a broker that hangs holds up nobody's end") {
  transport_user u;
  ownership book;
  const auto topic = u.topic(4);
  auto member = std::make_unique<driven_member>(u, book, "a", lease_on(u, topic));
  REQUIRE(u.fixture->eventually([&] { return member->owned().size() == 4; }));
  u.send(topic, 0, "k", "v");
  u.settle_sends();

  broker().suspend();
  for (int i = 0; i < 10; ++i) u.send(topic, 0, "k", "lost");
  CHECK(duration_of(u, [&] { u.run(member->get().close(u.in(2s))); }) < 4s);
  CHECK(duration_of(u, [&] { u.run(u.producer->close(u.in(1s))); }) < 4s);
  CHECK(u.reports->all.size() == 11);
  CHECK(duration_of(u, [&] { member.reset(); }) < 1s);
  broker().resume();
}

// Instances are destroyed in the background, and the user waits for that.
TEST_CASE("outage: a member that is closed when its time is over ends, instance and all, whatever the broker does") {
  for (const std::string fate : {"answers", "hangs", "is dead"}) {
    for (const auto protocol : {membership::lease, membership::range, membership::range_kip848}) {
      CAPTURE(fate);
      CAPTURE(static_cast<int>(protocol));
      auto u = std::make_unique<transport_user>();
      ownership book;
      const auto topic = u->topic(4);
      auto options = lease_on(*u, topic);
      options.protocol = protocol;
      auto member = std::make_unique<driven_member>(*u, book, "a", options);
      REQUIRE(u->fixture->eventually([&] { return member->owned().size() == 4; }));
      if (fate == "hangs") broker().suspend();
      if (fate == "is dead") broker().kill();
      CHECK(duration_of(*u, [&] { u->run(member->get().close(u->in(0s))); }) < 2s);
      member.reset();
      u.reset();  // a test that stands still here is one that failed
      if (fate == "hangs") broker().resume();
      if (fate == "is dead") broker().restart();
    }
  }
}

TEST_CASE("outage: a deleted topic ends its sources with an error") {
  transport_user u;
  const auto topic = u.topic();
  u.send(topic, 0, "k", "v");
  u.settle_sends();
  const auto source = u.reader->open({topic, partition_id{0}}, offset{0}, u.arrived.remote());
  CHECK(u.read_to(*source, 1).size() == 1);
  delete_topic(topic.str());
  std::optional<errc> failed;
  CHECK(u.fixture->eventually(
      [&] {
        kafka::record_batch batch;
        try {
          source->poll({}, batch);
        } catch (const error& e) { failed = e.kind(); }
        return failed.has_value();
      },
      60s));
  CHECK(failed == errc::topic_unknown);
}
