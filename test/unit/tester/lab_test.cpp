// The tester's inside: instances that live and die in one thread.
#include "tester/lab.hpp"
#include "kafka/embedded/catalog.hpp"
#include "kafka/embedded/coordinator.hpp"
#include "kafka/embedded/frame.hpp"
#include "kafka/embedded/offset_store.hpp"
#include "tester/unfinished.hpp"

#include <corka/group.hpp>
#include <corka/processor.hpp>

#include <doctest/doctest.h>

#include <functional>
#include <string>

namespace corka::tester_parts {

namespace {

using namespace std::chrono_literals;

const stream<std::string> clicks{"clicks"};

group<std::int64_t> counters(std::function<void()> on_each = {}) {
  group<std::int64_t> g{"counters"};
  g.input(clicks, [on_each](context<std::int64_t>& ctx, std::string) {
    ctx.set(ctx.value().value_or(0) + 1);
    if (on_each) on_each();
  });
  return g;
}

program running(group<std::int64_t> g) {
  return {[g] { return std::make_shared<processor>(g); }};
}

void write(lab& in, const std::string& key) {
  kafka::embedded::frame_builder frame;
  frame.add(0, in.time().wall_ms(), key, "x", {});
  const auto to = in.broker().topics().find(clicks.topic());
  to->at(partition_of(key, to->partitions())).append(frame);
}

bool settled(lab& in) {
  return in.until([&] { return unfinished(in).empty(); }, 2min);
}

std::int64_t committed(lab& in, int partition) {
  const std::vector<topic_partition> of{{clicks.topic(), partition_id{partition}}};
  return in.broker().offsets().committed(group_name{"counters"}, of).front().value_or(offset{0}).value;
}

std::string row(lab& in, instance& i, const std::string& key) {
  auto& p = dynamic_cast<processor&>(*i.now->services().front()->what);
  return in.run(i, p.row(key)).bytes.value_or("none");
}

}  // namespace

TEST_CASE("lab: an instance processes, checkpoints and commits") {
  lab in;
  in.broker().topics().create(clicks.topic(), 1, {});
  auto& a = in.at("a");
  a.runs = running(counters());
  in.start(a);
  write(in, "anna");
  write(in, "anna");
  REQUIRE_MESSAGE(settled(in), in.told().text());
  CHECK(committed(in, 0) == 2);
  CHECK(row(in, a, "anna") == "2");
  in.stop(a);
  CHECK(a.now == nullptr);
}

TEST_CASE("lab: connections that were broken in a life before are whole in the next one, if they are healed between") {
  lab in;
  in.broker().topics().create(clicks.topic(), 1, {});
  auto& a = in.at("a");
  a.runs = running(counters());
  in.start(a);
  in.drain();
  in.connect(a, false);
  in.kill(a);
  in.connect(a, true);
  in.start(a);
  write(in, "anna");
  REQUIRE_MESSAGE(settled(in), in.told().text());
  CHECK(committed(in, 0) == 1);
}

TEST_CASE("lab: a killed instance stays a member until its session times out, and then another takes over") {
  for (const auto kept : {copies::memory, copies::lmdb}) {
    lab in{{.kept = kept}};
    in.broker().topics().create(clicks.topic(), 2, {});
    auto& a = in.at("a");
    auto& b = in.at("b");
    a.runs = b.runs = running(counters());
    in.start(a);
    in.start(b);
    for (int i = 0; i < 10; ++i) write(in, "anna"), write(in, "bert");
    REQUIRE_MESSAGE(settled(in), in.told().text());
    in.kill(a);
    CHECK(a.now == nullptr);
    CHECK(in.broker().groups().members(group_name{"counters"}).size() == 2);
    write(in, "anna");
    write(in, "bert");
    in.advance(5s);
    CHECK(committed(in, 0) + committed(in, 1) == 21);
    in.advance(3s);
    CHECK(in.broker().groups().members(group_name{"counters"}).size() == 1);
    REQUIRE_MESSAGE(settled(in), in.told().text());
    CHECK(committed(in, 0) + committed(in, 1) == 22);
    CHECK(row(in, b, "bert") == "11");
    // And begins again with what its store had.
    in.start(a);
    write(in, "anna");
    write(in, "bert");
    REQUIRE_MESSAGE(settled(in), in.told().text());
    CHECK(committed(in, 0) + committed(in, 1) == 24);
  }
}

TEST_CASE("lab: a kill comes at any moment, also from the instance's own callback, and what was begun is done again") {
  for (int after = 0; after < 400; after += 7) {
    lab in;
    in.broker().topics().create(clicks.topic(), 1, {});
    auto& a = in.at("a");
    a.runs = running(counters());
    in.start(a);
    for (int i = 0; i < 5; ++i) write(in, "anna");
    for (int i = 0; i < after; ++i) {
      if (!in.step()) in.leap(in.time().now() + 1ms);
    }
    in.kill(a);
    const auto before = committed(in, 0);
    in.start(a);
    REQUIRE_MESSAGE(settled(in), in.told().text());
    CHECK(committed(in, 0) == 5);
    CHECK(std::stoi(row(in, a, "anna")) >= 5);
    CHECK(std::stoi(row(in, a, "anna")) <= 10 - before);
  }
}

TEST_CASE("lab: after a kill within a callback nothing of what it did is sent") {
  lab in;
  in.broker().topics().create(clicks.topic(), 1, {});
  auto& a = in.at("a");
  int calls = 0;
  a.runs = running(counters([&] {
    if (++calls == 3) in.kill(a);
  }));
  in.start(a);
  for (int i = 0; i < 5; ++i) write(in, "anna");
  in.advance(1min);
  CHECK(a.now == nullptr);
  CHECK(committed(in, 0) == 0);
  const auto table = in.broker().topics().find(topic_name{"counters-table"});
  CHECK(table->at(partition_id{0}).log().range().high == offset{0});
  in.start(a);
  REQUIRE_MESSAGE(settled(in), in.told().text());
  CHECK(row(in, a, "anna") == "5");
}

TEST_CASE("lab: an instance that is cut off loses its partitions, and joins again once it is connected") {
  lab in;
  in.broker().topics().create(clicks.topic(), 2, {});
  auto& a = in.at("a");
  auto& b = in.at("b");
  a.runs = b.runs = running(counters());
  in.start(a);
  in.start(b);
  REQUIRE_MESSAGE(settled(in), in.told().text());
  in.connect(a, false);
  write(in, "anna");
  write(in, "bert");
  REQUIRE_MESSAGE(settled(in), in.told().text());
  CHECK(committed(in, 0) + committed(in, 1) == 2);
  in.connect(a, true);
  REQUIRE_MESSAGE(settled(in), in.told().text());
  CHECK(in.broker().groups().members(group_name{"counters"}).size() == 2);
}

}  // namespace corka::tester_parts
