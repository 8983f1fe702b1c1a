// Processors, emitters and views on a real Kafka: its death, its retention, topics that change.
#include "support/eventually.hpp"
#include "support/kafka_broker.hpp"
#include "support/kafka_client.hpp"
#include "support/temporary_folder.hpp"

#include <corka/emitter.hpp>
#include <corka/group.hpp>
#include <corka/processor.hpp>
#include <corka/runtime.hpp>
#include <corka/topics.hpp>
#include <corka/view.hpp>

#include <doctest/doctest.h>

#include <atomic>
#include <chrono>
#include <cstdint>
#include <exception>
#include <map>
#include <memory>
#include <mutex>
#include <numeric>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

namespace corka::test {

namespace {

using namespace std::chrono_literals;

const stream<std::int64_t> numbers{"numbers"};

group<std::int64_t> sums(const std::string& name = "sums") {
  group<std::int64_t> g{name};
  g.input(numbers, [](context<std::int64_t>& ctx, std::int64_t n) { ctx.set(ctx.value().value_or(0) + n); });
  return g;
}

kafka_broker& broker() {
  static kafka_broker started{{"offsets.topic.num.partitions=1", "log.retention.check.interval.ms=500"}};
  return started;
}

/// A runtime on the broker, and every warning of it.
struct program {
  program() {
    runtime_options options;
    options.brokers = broker().address();
    options.state_dir = folder / "state";
    options.workers = 2;
    options.log = [this](log_level, std::string_view component, std::string_view text) {
      const std::lock_guard lock{mutex};
      lines += std::string{component} + ": " + std::string{text} + "\n";
    };
    on.emplace(std::move(options));
  }
  std::string log() {
    const std::lock_guard lock{mutex};
    return lines;
  }
  bool logged(std::string_view text) { return log().find(text) != std::string::npos; }

  temporary_folder folder;
  std::mutex mutex;
  std::string lines;
  std::optional<runtime> on;
};

/// Runs a service on a thread of its own, until it is stopped.
class running_service {
 public:
  running_service(program& p, service& what)
      : what_{what}, thread_{[this, &p] {
          try {
            p.on->run(what_.run(*p.on));
          } catch (const std::exception& e) { failure_ = e.what(); }
          ended_ = true;
        }} {}
  ~running_service() {
    what_.stop();
    thread_.join();
  }
  bool ended() const { return ended_; }
  /// Of a service that has ended.
  const std::string& failure() const { return failure_; }

 private:
  service& what_;
  std::atomic<bool> ended_{false};
  std::string failure_;
  std::thread thread_;
};

std::int64_t total(kafka_client& client, const std::string& topic) {
  std::int64_t sum = 0;
  for (const auto& [key, value] : client.table(topic)) sum += std::stoll(value);
  return sum;
}

/// What a group has committed of a topic in all; -1 while its coordinator is being made.
std::int64_t committed_in_all(kafka_client& client, const std::string& group) {
  try {
    const auto all = client.committed(group, "numbers");
    return std::accumulate(all.begin(), all.end(), std::int64_t{0});
  } catch (const std::runtime_error&) { return -1; }
}

std::int64_t sum_of(const std::vector<std::int64_t>& all) {
  return std::accumulate(all.begin(), all.end(), std::int64_t{0});
}

}  // namespace

TEST_CASE("a broker that is dead for thirty seconds under load costs nothing but the time") {
  program p;
  kafka_client client{broker().address()};
  client.create_topic("numbers", 4);
  processor summing{sums()};
  view<std::int64_t> rows{sums().table()};
  emitter<std::int64_t> sending{numbers};
  const running_service first{p, summing};
  const running_service third{p, sending};
  REQUIRE(eventually(30s, [&] { return summing.status().partitions.size() == 4; }));
  const running_service second{p, rows};

  std::int64_t sent = 0;
  const auto send_for = [&](std::chrono::milliseconds time) {
    const auto until = std::chrono::steady_clock::now() + time;
    while (std::chrono::steady_clock::now() < until) {
      sending.emit("key" + std::to_string(sent % 50), 1);
      ++sent;
      std::this_thread::sleep_for(2ms);
    }
  };
  send_for(3s);
  REQUIRE(eventually(20s, [&] { return committed_in_all(client, "sums") > 0; }));
  broker().kill();
  send_for(30s);
  CHECK_FALSE(summing.status().connected);
  CHECK(rows.get("key1").has_value());  // what is there can be read
  broker().restart();
  send_for(3s);

  const auto done = [&] {
    return sum_of(client.ends("numbers")) == sent && client.committed("sums", "numbers") == client.ends("numbers");
  };
  CHECK_MESSAGE(eventually(60s, done), p.log());
  CHECK_FALSE(first.ended());
  CHECK_FALSE(second.ended());
  CHECK_FALSE(third.ended());
  // Everything is committed: nothing may be missing below that. The session ended meanwhile, so what was not committed
  // when the broker died is there twice: at most a commit interval of it, and a bit.
  const auto summed = total(client, "sums-table");
  CHECK(summed >= sent);
  CHECK(summed <= sent + 2'000);
  CHECK(eventually(20s, [&] {
    std::int64_t seen = 0;
    for (int k = 0; k < 50; ++k) seen += rows.get("key" + std::to_string(k)).value_or(0);
    return seen == summed;
  }));
  client.delete_topic("numbers");
}

TEST_CASE("a new group begins where it was told to") {
  program p;
  kafka_client client{broker().address()};
  client.create_topic("numbers", 2);
  for (int i = 0; i < 20; ++i) client.produce("numbers", i % 2, "key", "1");
  client.flush();
  std::this_thread::sleep_for(50ms);
  const auto then = std::chrono::floor<std::chrono::milliseconds>(std::chrono::system_clock::now());
  for (int i = 0; i < 6; ++i) client.produce("numbers", i % 2, "key", "1");
  client.flush();
  processor all{sums("all")};
  processor late{sums("late"), {.start = start_position::latest()}};
  processor since{sums("since"), {.start = start_position::at(then)}};
  const running_service one{p, all};
  const running_service two{p, late};
  const running_service three{p, since};
  const auto begun = [&] {
    return committed_in_all(client, "all") == 26 && committed_in_all(client, "late") == 26 &&
           committed_in_all(client, "since") == 26;
  };
  REQUIRE_MESSAGE(eventually(40s, begun), p.log());
  for (int i = 0; i < 4; ++i) client.produce("numbers", i % 2, "key", "1");
  client.flush();
  const auto read = [&] {
    return committed_in_all(client, "all") == 30 && committed_in_all(client, "late") == 30 &&
           committed_in_all(client, "since") == 30;
  };
  REQUIRE_MESSAGE(eventually(40s, read), p.log());
  // Both partitions have a row of "key": the last one of each key is not the whole.
  const auto counted = [&](const std::string& topic) {
    std::map<std::int32_t, std::int64_t> last;
    client.read_all(topic, [&](std::int32_t partition, std::string_view, std::optional<std::string_view> value) {
      last[partition] = std::stoll(std::string{value.value_or("0")});
    });
    std::int64_t sum = 0;
    for (const auto& [partition, n] : last) sum += n;
    return sum;
  };
  CHECK(counted("all-table") == 30);
  CHECK(counted("late-table") == 4);
  CHECK(counted("since-table") == 10);
  client.delete_topic("numbers");
}

TEST_CASE("topics are made and compared as asked") {
  program p;
  kafka_client client{broker().address()};
  const auto ensure = [&](std::int32_t partitions, std::chrono::milliseconds kept) {
    std::string why;
    try {
      std::vector<topic_spec> wanted{{.topic = topic_name{"wanted"}, .partitions = partitions, .retention = kept}};
      p.on->run(ensure_topics(*p.on, std::move(wanted), topic_mismatch::fail));
    } catch (const error& e) { why = e.what(); }
    return why;
  };
  CHECK(ensure(3, 1h).empty());
  CHECK(client.ends("wanted").size() == 3);
  CHECK(ensure(3, 1h).empty());
  CHECK(ensure(4, 2h).find("topic 'wanted' has 3 partitions, not 4") != std::string::npos);
  CHECK(ensure(3, 2h).find("topic 'wanted' has retention.ms=3600000, not 7200000") != std::string::npos);
}

TEST_CASE("an input that grows is told of, and one that is made anew is read from its beginning") {
  program p;
  kafka_client client{broker().address()};
  client.create_topic("numbers", 2);
  processor summing{sums("changed"), {.topic_check_interval = 1s}};
  const running_service run{p, summing};
  for (int i = 0; i < 10; ++i) client.produce("numbers", i % 2, "key" + std::to_string(i % 2), "1");
  client.flush();
  REQUIRE_MESSAGE(eventually(30s, [&] { return committed_in_all(client, "changed") == 10; }), p.log());
  client.grow_topic("numbers", 3);
  REQUIRE(eventually(20s, [&] { return !summing.status().problems.empty(); }));
  CHECK(summing.status().problems[0].find("input 'numbers' has grown from 2 to 3 partitions") == 0);

  client.delete_topic("numbers");
  client.create_topic("numbers", 2);
  for (int i = 0; i < 6; ++i) client.produce("numbers", i % 2, "key" + std::to_string(i % 2), "1");
  client.flush();
  CHECK_MESSAGE(eventually(90s, [&] { return total(client, "changed-table") >= 16; }), p.log());

  CHECK_FALSE(run.ended());
  client.delete_topic("numbers");
}

TEST_CASE("a member of another protocol is refused, with what to do") {
  program p;
  kafka_client client{broker().address()};
  client.create_topic("numbers", 2);
  processor leasing{sums("mixed")};
  const running_service one{p, leasing};
  REQUIRE(eventually(30s, [&] { return leasing.status().partitions.size() == 2; }));
  program q;
  processor ranging{sums("mixed"), {.protocol = membership::range}};
  const running_service two{q, ranging};
  REQUIRE_MESSAGE(eventually(30s, [&] { return two.ended(); }), q.log());
  CHECK(two.failure().find("stop these") != std::string::npos);
  CHECK_FALSE(one.ended());
}

TEST_CASE("a processor that is stopped while its broker is dead ends by its deadline, with offsets that nobody takes") {
  constexpr auto deadline = 3s;
  kafka_client client{broker().address()};
  client.create_topic("last-numbers", 2);
  group<std::int64_t> g{"last"};
  g.input(stream<std::int64_t>{"last-numbers"},
          [](context<std::int64_t>& ctx, std::int64_t n) { ctx.set(ctx.value().value_or(0) + n); });
  std::int64_t written = 0;
  for (const bool hangs : {false, true}) {
    CAPTURE(hangs);
    auto p = std::make_unique<program>();
    // Nothing is committed before the stop.
    processor summing{g, {.revoke_deadline = deadline, .commit_interval = 1h}};
    auto run = std::make_unique<running_service>(*p, summing);
    for (int i = 0; i < 10; ++i, ++written) client.produce("last-numbers", i % 2, "key" + std::to_string(i % 2), "1");
    client.flush();
    REQUIRE_MESSAGE(eventually(30s, [&] { return total(client, "last-table") >= written; }), p->log());
    if (hangs) broker().suspend();
    else broker().kill();
    const auto told = std::chrono::steady_clock::now();
    summing.stop();
    // Both the last commit and leaving the group may take until then.
    CHECK_MESSAGE(eventually(deadline * 2, [&] { return run->ended(); }), p->log());
    CHECK(p->logged("the last offsets could not be committed in time"));
    run.reset();
    p.reset();  // librdkafka's instances end in the background, and the runtime waits for them
    MESSAGE("gone after "
            << std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::steady_clock::now() - told).count()
            << " ms");
    if (hangs) broker().resume();
    else broker().restart();
  }
}

}  // namespace corka::test
