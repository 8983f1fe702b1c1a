#include "async/virtual_execution.hpp"
#include "fake_cluster.hpp"
#include "processor/runtime_core.hpp"

#include <corka/corka.hpp>

#include <doctest/doctest.h>

#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace corka {
namespace {

using namespace std::chrono_literals;
using test::fake_state;

const stream<std::string> words{"words"};

/// A runtime on virtual time and a fake cluster.
struct fixture {
  std::shared_ptr<async::virtual_execution> time = std::make_shared<async::virtual_execution>();
  std::shared_ptr<fake_state> cluster = std::make_shared<fake_state>();
  runtime on{parts()};

  std::shared_ptr<runtime_core> parts() {
    cluster->topics["words"] = 3;
    auto made = std::make_shared<runtime_core>();
    made->threads = time;
    made->cluster = std::make_shared<test::fake_cluster>(cluster);
    return made;
  }
};

/// What a coroutine ended with, once it has.
struct outcome {
  bool ended = false;
  std::optional<errc> failed;
  std::string message;
};

task<> watch(task<> what, std::shared_ptr<outcome> into) {
  try {
    co_await std::move(what);
  } catch (const error& e) {
    into->failed = e.kind();
    into->message = e.what();
  }
  into->ended = true;
}

task<> position_of(detail::emitted what, std::shared_ptr<record_position> into) { *into = co_await what.acked(); }

std::shared_ptr<outcome> start(fixture& f, task<> what) {
  auto made = std::make_shared<outcome>();
  f.time->start(watch(std::move(what), made));
  f.time->settle();
  return made;
}

std::string listed(const std::vector<test::sent_record>& sent) {
  std::string text;
  for (const auto& r : sent) text += r.key + "=" + r.value.value_or("null") + " ";
  return text;
}

TEST_CASE("emitter: a record goes to its key's partition and its ack says where it is") {
  fixture f;
  emitter<std::string> out{words};
  const auto run = start(f, out.run(f.on));

  const auto where = std::make_shared<record_position>();
  const auto asked = start(f, position_of(out.emit("anna", "hello"), where));
  REQUIRE(f.cluster->sent.size() == 1);
  CHECK(f.cluster->sent[0].partition == partition_of("anna", 3).value);
  CHECK(f.cluster->sent[0].value == "hello");
  CHECK_FALSE(asked->ended);

  f.cluster->next_offset[f.cluster->sent[0].partition] = 41;
  f.cluster->report(1);
  f.time->settle();
  CHECK(asked->ended);
  CHECK(where->partition == partition_of("anna", 3));
  CHECK(where->offset == offset{41});
  out.stop();
  f.time->settle();
  CHECK(run->ended);
  CHECK_FALSE(run->failed);
}

TEST_CASE("emitter: an ack may be asked for after it came, and more than once") {
  fixture f;
  emitter<std::string> out{words};
  const auto run = start(f, out.run(f.on));
  const auto one = out.emit("anna", "hello");
  f.cluster->report(1);
  f.time->settle();
  const auto where = std::make_shared<record_position>();
  CHECK(start(f, position_of(one, where))->ended);
  CHECK(start(f, position_of(one, where))->ended);
  CHECK(where->offset == offset{0});
}

TEST_CASE("emitter: a tombstone, an empty value, headers and the timestamp arrive as they were given") {
  fixture f;
  emitter_options options;
  options.headers = {{"source", "test"}};
  emitter<std::string> out{words, options};
  const auto run = start(f, out.run(f.on));
  emit_options with;
  with.headers = {{"source", "own"}, {"empty", std::nullopt}};
  with.timestamp = std::chrono::system_clock::time_point{123'456ms};
  out.emit("k", tombstone, with);
  out.emit("k", "");
  REQUIRE(f.cluster->sent.size() == 2);
  CHECK_FALSE(f.cluster->sent[0].value.has_value());
  CHECK(f.cluster->sent[0].headers == std::vector<std::string>{"source=test", "source=own", "empty=null"});
  CHECK(f.cluster->sent[0].timestamp_ms == 123'456);
  CHECK(f.cluster->sent[1].value == "");
  CHECK(f.cluster->sent[1].headers == std::vector<std::string>{"source=test"});
  CHECK(f.cluster->sent[1].timestamp_ms == -1);
}

TEST_CASE("emitter: before run and after stop an emission fails through its ack, and names the cure") {
  fixture f;
  emitter<std::string> out{words};
  auto early = start(f, position_of(out.emit("a", "1"), std::make_shared<record_position>()));
  CHECK(early->failed == errc::stopped);
  CHECK(early->message.find("run it before emitting") != std::string::npos);

  const auto run = start(f, out.run(f.on));
  out.stop();
  CHECK(start(f, position_of(out.emit("a", "2"), std::make_shared<record_position>()))->failed == errc::stopped);
  CHECK(start(f, out.ready())->failed == errc::stopped);
  CHECK(run->ended);
  CHECK(f.cluster->sent.empty());
}

TEST_CASE("emitter: what is emitted while no broker answers waits and goes out first, in order") {
  fixture f;
  f.cluster->reachable = false;
  emitter<std::string> out{words};
  const auto run = start(f, out.run(f.on));
  const auto ready = start(f, out.ready());
  out.emit("a", "1");
  out.emit("b", "2");
  f.time->advance(30s);
  CHECK(f.cluster->sent.empty());
  CHECK_FALSE(run->ended);
  CHECK_FALSE(ready->ended);

  f.cluster->reachable = true;
  f.time->advance(5s);
  out.emit("c", "3");
  CHECK(listed(f.cluster->sent) == "a=1 b=2 c=3 ");
  CHECK(f.cluster->sent[0].timestamp_ms == 1'704'067'200'000);  // of the emission, not of the sending
  CHECK(ready->ended);
  CHECK_FALSE(ready->failed);
}

TEST_CASE("emitter: ready waits for run, then for room") {
  fixture f;
  emitter_options options;
  options.buffer_records = 2;
  emitter<std::string> out{words, options};
  const auto first = start(f, out.ready());
  CHECK_FALSE(first->ended);
  const auto run = start(f, out.run(f.on));
  CHECK(first->ended);

  for (const auto* key : {"a", "b", "c"}) out.emit(key, "x");
  const auto full = start(f, out.ready());
  CHECK_FALSE(full->ended);
  f.cluster->report(1);
  f.time->settle();
  CHECK(full->ended);

  f.cluster->congested = true;
  const auto congested = start(f, out.ready());
  CHECK_FALSE(congested->ended);
  f.cluster->congested = false;
  f.cluster->report(1);
  f.time->settle();
  CHECK(congested->ended);
}

TEST_CASE("emitter: flush waits for what was sent before it, whatever is reported first, and hurries") {
  fixture f;
  emitter<std::string> out{words};
  const auto run = start(f, out.run(f.on));
  out.emit("a", "1");
  out.emit("b", "2");
  const auto flushed = start(f, out.flush());
  CHECK(f.cluster->hurries == 1);
  out.emit("c", "3");
  f.cluster->report_at(2);
  f.cluster->report_at(1);
  f.time->settle();
  CHECK_FALSE(flushed->ended);
  f.cluster->report_at(0);
  f.time->settle();
  CHECK(flushed->ended);
  CHECK_FALSE(flushed->failed);
}

TEST_CASE("emitter: a failed record fails its ack and the next flush, once, with topic, reason and cure") {
  fixture f;
  emitter<std::string> out{words};
  const auto run = start(f, out.run(f.on));
  const auto asked = start(f, position_of(out.emit("anna", "big"), std::make_shared<record_position>()));
  f.cluster->report(1, make_error_code(errc::record_too_large));
  const auto flushed = start(f, out.flush());
  CHECK(asked->failed == errc::record_too_large);
  CHECK(flushed->failed == errc::record_too_large);
  CHECK(flushed->message.find("words/" + std::to_string(partition_of("anna", 3).value)) != std::string::npos);
  CHECK(flushed->message.find("max.message.bytes") != std::string::npos);
  CHECK_FALSE(start(f, out.flush())->failed);
}

TEST_CASE("emitter: stop drains what is on its way before run returns") {
  fixture f;
  emitter<std::string> out{words};
  const auto run = start(f, out.run(f.on));
  const auto asked = start(f, position_of(out.emit("a", "1"), std::make_shared<record_position>()));
  out.stop();
  f.time->settle();
  CHECK(run->ended);
  CHECK_FALSE(run->failed);
  CHECK(asked->ended);
  CHECK_FALSE(asked->failed);
  CHECK(f.cluster->producers_closed == 1);
}

TEST_CASE("emitter: what the broker does not take until the deadline of stop fails") {
  fixture f;
  f.cluster->reachable = false;
  emitter_options options;
  options.stop_deadline = 3s;
  emitter<std::string> out{words, options};
  const auto run = start(f, out.run(f.on));
  const auto asked = start(f, position_of(out.emit("a", "1"), std::make_shared<record_position>()));
  out.stop();
  f.time->advance(2s);
  CHECK_FALSE(run->ended);
  f.time->advance(2s);
  CHECK(run->ended);
  CHECK_FALSE(run->failed);
  CHECK(asked->failed == errc::timed_out);
}

TEST_CASE("emitter: stop without anything kept does not wait for a broker") {
  fixture f;
  f.cluster->reachable = false;
  emitter<std::string> out{words};
  const auto run = start(f, out.run(f.on));
  out.stop();
  f.time->settle();
  CHECK(run->ended);
}

TEST_CASE("emitter: a stop before run makes the next run return at once, the one after that runs") {
  fixture f;
  emitter<std::string> out{words};
  out.stop();
  CHECK(start(f, out.run(f.on))->ended);
  const auto again = start(f, out.run(f.on));
  CHECK_FALSE(again->ended);
  out.emit("a", "1");
  CHECK(f.cluster->sent.size() == 1);
  CHECK(start(f, out.run(f.on))->failed == errc::invalid_option);  // runs already
  out.stop();
  f.time->settle();
  CHECK(again->ended);
}

TEST_CASE("emitter: a missing topic ends run and fails what waits; with create_with_partitions it is made") {
  fixture f;
  f.cluster->topics.clear();
  emitter<std::string> out{words};
  auto asked = std::make_shared<outcome>();
  f.time->start(watch(out.run(f.on), asked));
  f.time->settle();
  CHECK(asked->failed == errc::topic_unknown);

  emitter_options options;
  options.create_with_partitions = 5;
  emitter<std::string> making{words, options};
  const auto run = start(f, making.run(f.on));
  CHECK_FALSE(run->ended);
  CHECK(f.cluster->topics.at("words") == 5);
}

task<> ranges_of(detail::basic_emitter& out, std::shared_ptr<std::vector<offset_range>> into) {
  *into = co_await out.written();
}

TEST_CASE("emitter: written tells what each partition holds, once connected") {
  fixture f;
  f.cluster->next_offset[1] = 12;
  emitter<std::string> out{words};
  const auto ranges = std::make_shared<std::vector<offset_range>>();
  const auto asked = start(f, ranges_of(out, ranges));
  CHECK_FALSE(asked->ended);
  const auto run = start(f, out.run(f.on));
  CHECK(asked->ended);
  REQUIRE(ranges->size() == 3);
  CHECK((*ranges)[1].high == offset{12});

  f.cluster->reachable = false;
  const auto waits = start(f, ranges_of(out, ranges));
  f.time->advance(10s);
  CHECK_FALSE(waits->ended);
  f.cluster->reachable = true;
  f.time->advance(3s);
  CHECK(waits->ended);
  CHECK_FALSE(waits->failed);
}

TEST_CASE("emitter: thousands of emissions keep nothing once they are reported") {
  fixture f;
  emitter<std::string> out{words};
  const auto run = start(f, out.run(f.on));
  const auto kept = out.emit("k", "0");
  for (int i = 1; i < 10'000; ++i) out.emit("k", std::to_string(i));
  while (f.cluster->sent.size() > 1) f.cluster->report_at(1);  // the first one last
  f.time->settle();
  const auto flushed = start(f, out.flush());
  CHECK_FALSE(flushed->ended);
  f.cluster->report(1);
  f.time->settle();
  CHECK(flushed->ended);
  const auto where = std::make_shared<record_position>();
  CHECK(start(f, position_of(kept, where))->ended);
  CHECK(where->offset == offset{9'999});
}

TEST_CASE("emitter: records are never given up by the transport, unless the program says so") {
  fixture f;
  emitter<std::string> out{words};
  const auto run = start(f, out.run(f.on));
  CHECK(f.cluster->properties.at("message.timeout.ms") == "0");
  emitter_options options;
  options.kafka_properties["message.timeout.ms"] = "5000";
  emitter<std::string> impatient{words, options};
  const auto other = start(f, impatient.run(f.on));
  CHECK(f.cluster->properties.at("message.timeout.ms") == "5000");
}

}  // namespace
}  // namespace corka
