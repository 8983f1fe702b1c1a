// What clients see when the broker, or they, are out of reach.
#include "broker_user.hpp"

#include <doctest/doctest.h>

#include <string>
#include <vector>

using namespace corka;
using namespace corka::test;
using namespace std::chrono_literals;
using text = std::vector<std::string>;

namespace {

std::error_code commit(broker_user& u, kafka::member& m, const std::string& topic, std::int64_t next) {
  std::vector<kafka::position> positions{{{topic_name{topic}, partition_id{0}}, offset{next}}};
  return u.threads.run(m.commit(std::move(positions)));
}

}  // namespace

TEST_CASE("broker away: records wait in the producer, in order, and arrive when it is back") {
  broker_user u;
  u.create("clicks");
  u.write("clicks", "a", "1");
  const auto output = u.threads.run(u.producer->topic(topic_name{"clicks"}));
  u.broker->set_reachable(false);
  for (int i = 0; i < 5; ++i) {
    kafka::outgoing what;
    const std::string large(100'000, 'x');
    what.value = large;
    const auto key = std::to_string(i);
    what.key = key;
    u.producer->send(*output, what, u.sink, u.sent++);
  }
  u.producer->hurry();
  u.threads.advance(1min);
  CHECK(u.reports->all.size() == 1);
  u.broker->set_reachable(true);
  u.threads.advance(10ms);
  REQUIRE(u.reports->all.size() == 6);
  for (std::size_t i = 0; i < 6; ++i) {
    CHECK(u.reports->all[i].tag == i);
    CHECK(u.reports->all[i].at.value == static_cast<std::int64_t>(i));
    CHECK_FALSE(u.reports->all[i].failed);
  }
}

TEST_CASE("broker away: a closing producer waits until its deadline, then fails what is left") {
  broker_user u;
  u.create("clicks");
  const auto producer = u.cluster->make_producer({}, u.threads.executor());
  const auto book = std::make_shared<broker_user::report_book>();
  const auto sink = producer->attach(book);
  const auto output = u.threads.run(producer->topic(topic_name{"clicks"}));
  u.broker->set_reachable(false);
  producer->send(*output, {}, sink, 1);
  const auto before = u.threads.time().now();
  u.threads.run(producer->close(before + 5s));
  CHECK(u.threads.time().now() == before + 5s);
  REQUIRE(book->all.size() == 1);
  CHECK(book->all[0].failed == errc::delivery_failed);
  // And after its end every record is refused, still with a report.
  producer->send(*output, {}, sink, 2);
  u.threads.settle();
  REQUIRE(book->all.size() == 2);
  CHECK(book->all[1].tag == 2);
  CHECK(book->all[1].failed == errc::stopped);
  u.broker->set_reachable(true);
  CHECK(u.range("clicks").high.value == 0);
}

TEST_CASE("broker away: nothing arrives, nothing fails, and readers are woken when it is back") {
  broker_user u;
  u.create("clicks");
  const auto reader = u.cluster->reader("reader", u.threads.executor());
  async::signal arrived{u.threads.executor()};
  const auto source = reader->open({topic_name{"clicks"}, partition_id{0}}, offset{0}, arrived.remote());
  u.write("clicks", "a", "1");
  u.broker->set_reachable(false);
  CHECK(broker_user::drain(*source).empty());
  static_cast<void>(arrived.try_wait());
  u.threads.advance(1min);
  CHECK_FALSE(arrived.try_wait());
  u.broker->set_reachable(true);
  CHECK(arrived.try_wait());
  CHECK(broker_user::drain(*source) == text{"0 a=1"});
}

TEST_CASE("broker away: questions are refused as unavailable") {
  broker_user u;
  u.create("clicks");
  u.broker->set_reachable(false);
  const auto kind_of = [](auto call) -> std::optional<errc> {
    try {
      call();
    } catch (const error& e) { return e.kind(); }
    return std::nullopt;
  };
  CHECK(kind_of([&] { u.range("clicks"); }) == errc::broker_unavailable);
  CHECK(kind_of([&] { u.create("more"); }) == errc::broker_unavailable);
  CHECK(kind_of([&] { u.send("clicks", "a", "1"); }) == errc::broker_unavailable);
  u.broker->set_reachable(true);
  CHECK(u.range("clicks").high.value == 0);
}

TEST_CASE("broker away: members keep their numbers, cannot commit, and hear of both changes") {
  broker_user u;
  u.create("clicks", 2);
  const auto m = u.cluster->join(u.member("g", "clicks", "m"), u.threads.executor());
  const event_book events{u, *m};
  u.threads.advance(100ms);
  CHECK(events.take() == text{"connected", "assigned 0 1"});
  u.broker->set_reachable(false);
  u.threads.advance(100ms);
  CHECK(events.take() == text{"disconnected"});
  CHECK(commit(u, *m, "clicks", 5) == errc::broker_unavailable);
  u.threads.advance(1h);
  u.broker->set_reachable(true);
  u.threads.advance(1min);
  CHECK(events.take() == text{"connected"});
  CHECK_FALSE(commit(u, *m, "clicks", 5));
  u.threads.run(m->close(u.threads.time().now()));
}

TEST_CASE(
    "member cut off: others get its numbers after its session; it hears of the loss when it is back, and joins again") {
  broker_user u;
  u.create("clicks", 2);
  const auto a = u.cluster->join(u.member("g", "clicks", "a"), u.threads.executor());
  const event_book of_a{u, *a};
  u.threads.advance(100ms);
  const auto b = u.cluster->join(u.member("g", "clicks", "b"), u.threads.executor());
  const event_book of_b{u, *b};
  u.threads.advance(1s);
  CHECK(of_a.take() == text{"connected", "assigned 0 1", "revoked 1"});
  CHECK(of_b.take() == text{"connected", "assigned 1"});

  u.broker->set_reachable("b", false);
  u.threads.advance(2900ms);
  CHECK(of_a.take().empty());
  CHECK(of_b.take() == text{"disconnected"});
  u.threads.advance(1s);
  CHECK(of_a.take() == text{"assigned 1"});
  CHECK(commit(u, *b, "clicks", 5) == errc::broker_unavailable);
  u.broker->set_reachable("b", true);
  u.threads.advance(1s);
  const auto after = of_b.take();
  CHECK(after == text{"connected", "lost 1", "assigned 1"});
  CHECK(of_a.take() == text{"revoked 1"});
  u.threads.run(a->close(u.threads.time().now()));
  u.threads.run(b->close(u.threads.time().now()));
}

TEST_CASE("member expired: it loses everything, and joins again") {
  broker_user u;
  u.create("clicks", 1);
  const auto m = u.cluster->join(u.member("g", "clicks", "m"), u.threads.executor());
  const event_book events{u, *m};
  u.threads.advance(100ms);
  static_cast<void>(events.take());
  CHECK(u.broker->expire(group_name{"g"}, "nobody") == 0);
  CHECK(u.broker->expire(group_name{"g"}, "m") == 1);
  u.threads.advance(100ms);
  CHECK(events.take() == text{"lost 0", "assigned 0"});
  CHECK_FALSE(commit(u, *m, "clicks", 5));
  u.threads.run(m->close(u.threads.time().now()));
}

TEST_CASE("member expired: it cannot commit, also where it does not know yet") {
  broker_user u;
  u.create("clicks", 1);
  const auto m = u.cluster->join(u.member("g", "clicks", "m"), u.threads.executor());
  u.threads.advance(100ms);
  CHECK_FALSE(commit(u, *m, "clicks", 4));
  CHECK(u.broker->expire(group_name{"g"}, "m") == 1);
  CHECK(commit(u, *m, "clicks", 5) == errc::not_assigned);
  u.threads.run(m->close(u.threads.time().now()));
}

TEST_CASE("member: one whose events are not taken is expired after max_poll_interval") {
  broker_user u;
  u.create("clicks", 2);
  auto options = u.member("g", "clicks", "a");
  options.max_poll_interval = 10s;
  const auto a = u.cluster->join(options, u.threads.executor());
  u.threads.advance(9s);
  const auto b = u.cluster->join(u.member("g", "clicks", "b"), u.threads.executor());
  const event_book of_b{u, *b};
  u.threads.advance(500ms);
  CHECK(of_b.take() == text{"connected"});
  u.threads.advance(2s);
  CHECK(of_b.take() == text{"assigned 0 1"});
  u.threads.run(a->close(u.threads.time().now()));
  u.threads.run(b->close(u.threads.time().now()));
}

TEST_CASE("member: a driver that does not exist ends it, by name; so does a group that shares in another way") {
  broker_user u;
  u.create("clicks", 2);
  u.create("other", 2);
  const auto lost = u.cluster->join(u.member("g", "nosuch", "m"), u.threads.executor());
  const event_book of_lost{u, *lost};
  u.threads.advance(100ms);
  const auto said = of_lost.take();
  REQUIRE(said.size() == 1);
  CHECK(said[0].find("error group 'g' cannot read topic 'nosuch'") == 0);

  const auto first = u.cluster->join(u.member("g", "clicks", "m"), u.threads.executor());
  u.threads.advance(100ms);
  const auto second = u.cluster->join(u.member("g", "other", "m"), u.threads.executor());
  const event_book of_second{u, *second};
  u.threads.advance(100ms);
  const auto refused = of_second.take();
  REQUIRE(refused.size() == 1);
  CHECK(refused[0].find("'clicks'") != std::string::npos);
  CHECK(refused[0].find("'other'") != std::string::npos);
  u.threads.run(first->close(u.threads.time().now()));
}

TEST_CASE("topic removed: readers and writers are told, and a new one of that name has another id") {
  broker_user u;
  u.create("clicks");
  u.write("clicks", "a", "1");
  const auto id = u.threads.run(u.admin->describe({topic_name{"clicks"}})).at(0).id;
  const auto reader = u.cluster->reader("reader", u.threads.executor());
  const async::signal arrived{u.threads.executor()};
  const auto source = reader->open({topic_name{"clicks"}, partition_id{0}}, offset{0}, arrived.remote());
  CHECK(broker_user::drain(*source).size() == 1);
  const auto output = u.threads.run(u.producer->topic(topic_name{"clicks"}));

  CHECK(u.broker->remove_topic(topic_name{"clicks"}));
  CHECK_FALSE(u.broker->remove_topic(topic_name{"clicks"}));
  CHECK_THROWS_AS(broker_user::drain(*source), error);
  u.producer->send(*output, {}, u.sink, 99);
  u.threads.settle();
  CHECK(u.reports->all.back().failed == errc::topic_unknown);

  u.create("clicks");
  CHECK(u.threads.run(u.admin->describe({topic_name{"clicks"}})).at(0).id != id);
  CHECK(u.read("clicks").empty());
  u.write("clicks", "b", "2");
  CHECK(u.read("clicks") == text{"0 b=2"});
}

TEST_CASE("properties: of librdkafka are named in a warning, as they have no meaning here") {
  broker_user u;
  kafka::producer_options options;
  options.properties = {{"linger.ms", "3"}};
  const auto p = u.cluster->make_producer(options, u.threads.executor());
  REQUIRE_FALSE(u.book.said().empty());
  CHECK(u.book.said().back().first == log_level::warn);
  CHECK(u.book.said().back().second.find("linger.ms") != std::string::npos);
}
