// A broker that is killed and opened again on a simulated disk, as its clients see it.
#include "../kafka_embedded/listed_faults.hpp"
#include "kafka/embedded/coordinator.hpp"
#include "simulation/simulated_disk.hpp"

#include <corka/error.hpp>

#include <doctest/doctest.h>

#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

using namespace corka;
using namespace corka::test;
using namespace std::chrono_literals;
using corka::simulation_parts::simulated_disk;
using text = std::vector<std::string>;

namespace {

struct mortal_broker {
  std::shared_ptr<simulated_disk> disk = std::make_shared<simulated_disk>(simulated_disk::loss::power, dice{5});
  std::shared_ptr<listed_faults> plan = std::make_shared<listed_faults>();
  broker_user u{with(disk, plan)};

  static kafka::embedded::broker_options with(std::shared_ptr<simulated_disk> on, std::shared_ptr<listed_faults> p) {
    kafka::embedded::broker_options o;
    o.directory = "/broker";
    o.fsync = true;
    p->is_down = [on] { return on->stopped(); };
    o.faults = std::move(p);
    o.files = std::move(on);
    return o;
  }
  void crash() {
    disk->stop();
    u.broker->set_reachable(false);
    u.threads.settle();
  }
  void start(bool forget_members = false) {
    disk->start();
    u.broker->reopen(forget_members);
    u.broker->set_reachable(true);
  }
};

}  // namespace

TEST_CASE("broker restart: topics, records and offsets are there; readers and writers go on") {
  mortal_broker b;
  auto& u = b.u;
  u.create("clicks", 2);
  u.write("clicks", "a", "1");
  const auto id = u.threads.run(u.admin->describe({topic_name{"clicks"}})).at(0).id;
  const auto reader = u.cluster->reader("reader", u.threads.executor());
  async::signal arrived{u.threads.executor()};
  const auto source = reader->open({topic_name{"clicks"}, partition_id{0}}, offset{0}, arrived.remote());
  CHECK(broker_user::drain(*source) == text{"0 a=1"});
  const auto output = u.threads.run(u.producer->topic(topic_name{"clicks"}));

  b.crash();
  CHECK_THROWS_AS(u.create("other"), error);
  u.producer->send(*output, {.partition = partition_id{0}, .key = "b", .value = "2"}, u.sink, 1);
  u.threads.advance(1s);
  CHECK(broker_user::drain(*source).empty());
  b.start();
  u.threads.advance(1s);
  CHECK(arrived.try_wait());
  CHECK(broker_user::drain(*source) == text{"1 b=2"});
  CHECK(u.read("clicks") == text{"0 a=1", "1 b=2"});
  CHECK(u.threads.run(u.admin->describe({topic_name{"clicks"}})).at(0).id == id);
  CHECK(u.reports->all.size() == 2);
  CHECK(u.broker->life() == 1);
}

TEST_CASE("broker restart: an answer that died with the broker is a time-out, or the record is written again") {
  for (const bool again : {false, true}) {
    CAPTURE(again);
    mortal_broker b;
    auto& u = b.u;
    u.create("clicks");
    b.plan->writes = {{.told_after = 1s, .again_after_crash = again}};
    u.write("clicks", "a", "1");
    CHECK(u.reports->all.empty());
    b.crash();
    u.threads.advance(5s);
    CHECK(u.reports->all.empty());
    b.start();
    u.threads.advance(5s);
    REQUIRE(u.reports->all.size() == 1);
    if (again) {
      CHECK(u.reports->all[0].at == offset{1});
      CHECK(u.read("clicks") == text{"0 a=1", "1 a=1"});
    } else {
      CHECK(u.reports->all[0].failed == errc::timed_out);
      CHECK(u.read("clicks") == text{"0 a=1"});
    }
  }
}

TEST_CASE("broker restart: a crash in the middle of a write tells nobody before the broker is back") {
  int kept = 0;
  for (std::uint64_t calls = 0; calls < 2; ++calls) {  // the write, its sync
    CAPTURE(calls);
    mortal_broker b;
    auto& u = b.u;
    u.create("clicks");
    b.plan->writes = {{.written_after = 1s}};
    u.write("clicks", "a", "1");
    b.disk->stop_in(calls);
    u.threads.advance(2s);
    CHECK(b.disk->stopped());
    CHECK(u.reports->all.empty());
    b.crash();
    b.start();
    u.threads.advance(5s);
    REQUIRE(u.reports->all.size() == 1);
    CHECK(u.reports->all[0].failed == errc::timed_out);
    kept += static_cast<int>(u.read("clicks").size());
  }
  CHECK(kept <= 2);
}

TEST_CASE("broker restart: members are known still, or have to join anew") {
  for (const bool forgets : {false, true}) {
    CAPTURE(forgets);
    mortal_broker b;
    auto& u = b.u;
    u.create("clicks");
    const auto m = u.cluster->join(u.member("g", "clicks", "m"), u.threads.executor());
    event_book events{u, *m};
    u.threads.advance(1s);
    CHECK(events.take() == text{"connected", "assigned 0"});
    std::vector<kafka::position> positions{{{topic_name{"clicks"}, partition_id{0}}, offset{7}}};
    CHECK_FALSE(u.threads.run(m->commit(positions)));
    b.crash();
    CHECK(u.threads.run(m->commit(positions)) == errc::broker_unavailable);
    b.start(forgets);
    CHECK(u.broker->groups().members(group_name{"g"}).size() == (forgets ? 0 : 1));
    u.threads.advance(5s);
    const auto heard = events.take();
    CHECK(heard ==
          (forgets ? text{"disconnected", "connected", "lost 0", "assigned 0"} : text{"disconnected", "connected"}));
    const auto at = u.threads.run(m->committed({{topic_name{"clicks"}, partition_id{0}}}));
    CHECK(at.at(0) == offset{7});
    u.threads.run(m->close(u.threads.time().now()));
  }
}
