// What clients see when a plan makes the broker slow, forgetful or deaf.
#include "listed_faults.hpp"

#include <doctest/doctest.h>

#include <memory>
#include <string>
#include <vector>

using namespace corka;
using namespace corka::test;
using namespace std::chrono_literals;
using text = std::vector<std::string>;

namespace {

struct faulty_broker {
  std::shared_ptr<listed_faults> plan = std::make_shared<listed_faults>();
  broker_user u{with(plan)};

  static kafka::embedded::broker_options with(std::shared_ptr<listed_faults> p) {
    kafka::embedded::broker_options o;
    o.faults = std::move(p);
    return o;
  }
};

}  // namespace

TEST_CASE(
    "faults: a slow write is visible when it is written, and told later; batches of a partition keep their order") {
  faulty_broker f;
  auto& u = f.u;
  u.create("clicks");
  f.plan->writes = {{.written_after = 100ms, .told_after = 100ms}, {}};
  u.write("clicks", "a", "1");
  u.write("clicks", "b", "2");
  u.threads.advance(90ms);
  CHECK(u.read("clicks").empty());
  u.threads.advance(20ms);
  CHECK(u.read("clicks") == text{"0 a=1"});
  CHECK(u.reports->all.empty());
  u.threads.advance(200ms);
  CHECK(u.read("clicks") == text{"0 a=1", "1 b=2"});
  REQUIRE(u.reports->all.size() == 2);
  CHECK(u.reports->all[0].tag == 0);
  CHECK(u.reports->all[1].tag == 1);
  CHECK(f.plan->told == text{"writer wrote clicks/0@0 1", "acknowledged clicks/0@0 1", "writer wrote clicks/0@1 1",
                             "acknowledged clicks/0@1 1"});
}

TEST_CASE("faults: a delivery that fails may be in the log all the same") {
  faulty_broker f;
  auto& u = f.u;
  u.create("clicks");
  f.plan->writes = {{.failed = errc::timed_out, .kept = true}, {.failed = errc::timed_out, .kept = false}, {}};
  u.write("clicks", "a", "1");
  u.write("clicks", "b", "2");
  u.write("clicks", "c", "3");
  u.threads.advance(1s);
  CHECK(u.read("clicks") == text{"0 a=1", "1 c=3"});
  REQUIRE(u.reports->all.size() == 3);
  CHECK(u.reports->all[0].failed == errc::timed_out);
  CHECK(u.reports->all[1].failed == errc::timed_out);
  CHECK_FALSE(u.reports->all[2].failed);
}

TEST_CASE("faults: a producer that hears too late writes once more, and is told of the second place; order is kept") {
  faulty_broker f;
  auto& u = f.u;
  u.create("clicks");
  f.plan->writes = {{.told_after = 1s, .twice = true}, {}};
  u.write("clicks", "a", "1");
  u.write("clicks", "b", "2");
  u.threads.advance(5s);
  CHECK(u.read("clicks") == text{"0 a=1", "1 a=1", "2 b=2"});
  REQUIRE(u.reports->all.size() == 2);
  CHECK(u.reports->all[0].at == offset{1});
  CHECK(u.reports->all[1].at == offset{2});
  CHECK(f.plan->told == text{"writer wrote clicks/0@0 1", "writer wrote clicks/0@1 1", "acknowledged clicks/0@1 1",
                             "writer wrote clicks/0@2 1", "acknowledged clicks/0@2 1"});
}

TEST_CASE("faults: what is under way when the broker goes away arrives once it is back, once") {
  faulty_broker f;
  auto& u = f.u;
  u.create("clicks");
  f.plan->writes = {{.written_after = 1s}, {.told_after = 1s}};
  u.write("clicks", "a", "1");
  u.create("other");
  u.write("other", "b", "2");
  u.broker->set_reachable(false);
  u.threads.advance(1min);
  CHECK(u.reports->all.empty());
  u.broker->set_reachable(true);
  u.threads.advance(1s);
  CHECK(u.read("clicks") == text{"0 a=1"});
  CHECK(u.read("other") == text{"0 b=2"});
  CHECK(u.reports->all.size() == 2);
}

TEST_CASE("faults: what is under way when a producer gives up fails") {
  faulty_broker f;
  auto& u = f.u;
  u.create("clicks");
  f.plan->writes = {{.written_after = 1h}};
  const auto producer = u.cluster->make_producer({}, u.threads.executor());
  const auto book = std::make_shared<broker_user::report_book>();
  const auto sink = producer->attach(book);
  const auto output = u.threads.run(producer->topic(topic_name{"clicks"}));
  producer->send(*output, {}, sink, 1);
  u.threads.run(producer->close(u.threads.time().now() + 5s));
  REQUIRE(book->all.size() == 1);
  CHECK(book->all[0].failed == errc::delivery_failed);
  u.threads.advance(2h);
  CHECK(u.read("clicks").empty());
}

TEST_CASE("faults: a fetch may come late and in pieces; the reader is woken when it may go on") {
  faulty_broker f;
  auto& u = f.u;
  u.create("clicks");
  u.write("clicks", "a", "1");
  u.write("clicks", "b", "2");
  f.plan->fetches = {{.later = 1s}, {.records = 1}, {.later = 2s}};
  const auto reader = u.cluster->reader("reader", u.threads.executor());
  async::signal arrived{u.threads.executor()};
  const auto source = reader->open({topic_name{"clicks"}, partition_id{0}}, offset{0}, arrived.remote());
  CHECK(broker_user::drain(*source).empty());
  u.threads.advance(900ms);
  CHECK_FALSE(arrived.try_wait());
  CHECK(broker_user::drain(*source).empty());
  u.threads.advance(200ms);
  CHECK(arrived.try_wait());
  CHECK(broker_user::drain(*source) == text{"0 a=1"});
  u.threads.advance(2s);
  CHECK(arrived.try_wait());
  CHECK(broker_user::drain(*source) == text{"1 b=2"});
}

TEST_CASE("faults: a commit may come late, or be answered with a failure whether or not it was kept") {
  faulty_broker f;
  auto& u = f.u;
  u.create("clicks");
  const auto m = u.cluster->join(u.member("g", "clicks", "m"), u.threads.executor());
  const event_book events{u, *m};
  u.threads.advance(100ms);
  f.plan->commits = {{.later = 1s},
                     {.failed = errc::broker_unavailable, .kept = true},
                     {.failed = errc::broker_unavailable, .kept = false}};
  const auto commit = [&](std::int64_t next) {
    std::vector<kafka::position> positions{{{topic_name{"clicks"}, partition_id{0}}, offset{next}}};
    return u.threads.run(m->commit(std::move(positions)));
  };
  const auto before = u.threads.time().now();
  CHECK_FALSE(commit(1));
  CHECK(u.threads.time().now() == before + 1s);
  CHECK(commit(2) == errc::broker_unavailable);
  CHECK(commit(3) == errc::broker_unavailable);
  CHECK(f.plan->told == text{"committed g 1", "committed g 2"});
  u.threads.run(m->close(u.threads.time().now()));
}
