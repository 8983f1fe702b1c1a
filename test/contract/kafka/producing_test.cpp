// The producer: reports, order, back-pressure, ends.
#include "contract/kafka/transport_user.hpp"

#include <doctest/doctest.h>

#include <map>
#include <set>
#include <string>
#include <vector>

using namespace corka;
using namespace corka::test;

TEST_CASE("producing: every record is reported exactly once, and stands in the order sent") {
  transport_user u;
  const auto topic = u.topic(4);
  constexpr int records = 20'000;
  for (int i = 0; i < records; ++i) u.send(topic, i % 4, "k", std::to_string(i));
  u.settle_sends();
  CHECK(u.reports->all.size() == records);
  std::set<std::uint64_t> tags;
  for (const auto& r : u.reports->all) {
    CHECK_FALSE(r.failed);
    tags.insert(r.tag);
  }
  CHECK(tags.size() == records);
  for (int p = 0; p < 4; ++p) {
    int expected = p;
    for (const auto& r : u.read(topic, p)) {
      CHECK(*r.value == std::to_string(expected));
      CHECK(u.reports->of(static_cast<std::uint64_t>(expected))->at.value == r.at);
      expected += 4;
    }
    CHECK(expected == records + p);
  }
}

TEST_CASE("producing: what nobody hurries is sent all the same") {
  transport_user u;
  const auto topic = u.topic();
  u.send(topic, 0, "k", "v");
  CHECK(u.fixture->eventually([&] { return u.reports->all.size() == 1; }));
}

TEST_CASE("producing: an unknown topic is an error") {
  transport_user u;
  const auto name = topic_name{u.fixture->unique("no-such-topic")};
  try {
    const auto output = u.run(u.producer->topic(name));
    FAIL("topic() returned");
  } catch (const error& e) {
    CHECK(e.kind() == errc::topic_unknown);
    CHECK(std::string{e.what()}.find(name.str()) != std::string::npos);
  }
}

TEST_CASE("producing: an output knows its topic") {
  transport_user u;
  const auto topic = u.topic(3);
  const auto output = u.run(u.producer->topic(topic));
  CHECK(output->topic() == topic);
  CHECK(output->partitions() == 3);
}

TEST_CASE("producing: congested while more is under way than the buffer holds, and not after") {
  transport_user u;
  const auto topic = u.topic();
  kafka::producer_options options;
  options.buffer_records = 10;
  const auto producer = u.cluster().make_producer(options, u.fixture->control());
  const auto book = std::make_shared<report_book>();
  const auto sink = producer->attach(book);
  const auto output = u.run(producer->topic(topic));
  kafka::outgoing what;
  what.value = "v";
  CHECK_FALSE(producer->congested());
  for (std::uint64_t i = 0; i < 20; ++i) producer->send(*output, what, sink, i);
  CHECK(producer->congested());
  producer->hurry();
  CHECK(u.fixture->eventually([&] { return book->all.size() == 20; }));
  CHECK_FALSE(producer->congested());
  u.run(producer->close(u.in(std::chrono::seconds{10})));
}

TEST_CASE("producing: sinks hear of their own records only, and of nothing once they left") {
  transport_user u;
  const auto topic = u.topic();
  const auto first = std::make_shared<report_book>();
  const auto second = std::make_shared<report_book>();
  const auto left = std::make_shared<report_book>();
  const auto a = u.producer->attach(first);
  const auto b = u.producer->attach(second);
  const auto c = u.producer->attach(left);
  const auto output = u.run(u.producer->topic(topic));
  kafka::outgoing what;
  for (std::uint64_t i = 0; i < 100; ++i) {
    u.producer->send(*output, what, a, i);
    u.producer->send(*output, what, b, i);
    u.producer->send(*output, what, c, i);
  }
  u.producer->detach(c);
  u.producer->hurry();
  CHECK(u.fixture->eventually([&] { return first->all.size() == 100 && second->all.size() == 100; }));
  CHECK(left->all.empty());
  CHECK(u.range({topic, partition_id{0}}).high.value == 300);
}

TEST_CASE("producing: close sends and reports what is left") {
  transport_user u;
  const auto topic = u.topic();
  kafka::producer_options options;
  options.linger = std::chrono::milliseconds{500};
  const auto producer = u.cluster().make_producer(options, u.fixture->control());
  const auto book = std::make_shared<report_book>();
  const auto sink = producer->attach(book);
  {
    const auto output = u.run(producer->topic(topic));
    kafka::outgoing what;
    for (std::uint64_t i = 0; i < 1000; ++i) producer->send(*output, what, sink, i);
  }
  u.run(producer->close(u.in(std::chrono::seconds{20})));
  CHECK(book->all.size() == 1000);
  for (const auto& r : book->all) CHECK_FALSE(r.failed);
  CHECK(u.range({topic, partition_id{0}}).high.value == 1000);
}
