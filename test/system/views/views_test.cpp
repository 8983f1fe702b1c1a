// Views of tables on a real Kafka, on real threads.
#include "support/eventually.hpp"
#include "support/kafka_broker.hpp"
#include "support/kafka_client.hpp"
#include "support/temporary_folder.hpp"

#include <corka/corka.hpp>

#include <doctest/doctest.h>

#include <chrono>
#include <future>
#include <memory>
#include <string>
#include <utility>

using namespace corka;
using namespace corka::test;
using namespace std::chrono_literals;

namespace {

using text_view = view<std::string>;

kafka_broker& broker() {
  static kafka_broker started{{"offsets.topic.num.partitions=1"}};
  return started;
}

/// A service that runs on a thread of its own, and is stopped with this: also where a check throws.
class started {
 public:
  started(runtime& on, service& what)
      : what_{&what}, end_{std::async(std::launch::async, [&on, &what] { on.run(what.run(on)); })} {}
  started(const started&) = delete;
  started& operator=(const started&) = delete;
  ~started() {
    // Once only: a stop while nothing runs is one of the next run.
    if (end_.valid()) what_->stop();
  }

  /// Stops it; false: it did not end in time.
  [[nodiscard]] bool stop(std::chrono::seconds patience = 30s) {
    what_->stop();
    if (end_.wait_for(patience) != std::future_status::ready) return false;
    end_.get();
    return true;
  }

 private:
  service* what_;
  std::future<void> end_;
};

/// A runtime with two workers, with local copies that last as long as this.
struct program {
  explicit program(const std::filesystem::path& state) : on{options_for(state)} {}

  static runtime_options options_for(const std::filesystem::path& state) {
    runtime_options options;
    options.brokers = broker().address();
    options.state_dir = state;
    options.workers = 2;
    options.least = log_level::error;
    return options;
  }
  runtime on;
};

bool becomes(const text_view& v, view_state state) {
  return eventually(60s, [&] { return v.state() == state; });
}

std::string row(const text_view& v, const std::string& key) { return v.get(key).value_or("(none)"); }

void put(kafka_client& kafka, const std::string& topic, std::int32_t partitions, const std::string& key,
         const std::string& value) {
  kafka.produce(topic, partition_of(key, partitions).value, key, value);
  kafka.flush();
}

}  // namespace

TEST_CASE("views on Kafka: current after the start, following, and read on from their copy after a restart") {
  kafka_client kafka{broker().address()};
  kafka.create_topic("users", 4, {{"cleanup.policy", "compact"}});
  for (int i = 0; i < 1'000; ++i) {
    const auto key = "k" + std::to_string(i);
    kafka.produce("users", partition_of(key, 4).value, key, std::to_string(i));
  }
  kafka.flush();
  const temporary_folder state;
  text_view v{table<std::string>{"users"}};
  {
    program p{state / "copies"};
    started run{p.on, v};
    p.on.run(v.ready());
    CHECK(row(v, "k77") == "77");
    std::size_t rows = 0;
    std::string last;
    for (const auto& [key, value] : v.range()) {
      CHECK(last < key);
      last = key;
      ++rows;
    }
    CHECK(rows == 1'000);
    emitter<std::string> names{stream<std::string>{"users"}};
    started emitting{p.on, names};
    p.on.run(names.ready());
    const auto write_and_read = [&]() -> task<std::string> {
      const auto sent = names.emit("k77", "mine");
      const auto at = co_await sent.acked();
      const auto found = co_await v.get("k77", at_least{at});
      co_return found.value_or("(none)");
    };
    std::string seen;
    const auto keep = [&]() -> task<> { seen = co_await write_and_read(); };
    p.on.run(keep());
    CHECK(seen == "mine");
    CHECK(emitting.stop());
    CHECK(run.stop());
  }
  put(kafka, "users", 4, "k5", "since");
  program p{state / "copies"};
  started run{p.on, v};
  p.on.run(v.ready());
  std::uint64_t read = 0;
  for (const auto& partition : v.status().partitions) read += partition.in.records;
  CHECK(read == 1);
  CHECK(row(v, "k5") == "since");
  CHECK(row(v, "k6") == "6");
  CHECK(run.stop());
}

TEST_CASE(
    "views on Kafka: a killed broker is a state; rows are served, also from the start, and it goes on by itself") {
  kafka_client kafka{broker().address()};
  kafka.create_topic("outage", 2, {{"cleanup.policy", "compact"}});
  put(kafka, "outage", 2, "anna", "1");
  const temporary_folder state;
  view_options lenient;
  lenient.stale_reads = true;
  text_view v{table<std::string>{"outage"}, lenient};
  {
    program p{state / "copies"};
    started run{p.on, v};
    p.on.run(v.ready());
    broker().kill();
    CHECK(becomes(v, view_state::disconnected));
    CHECK(row(v, "anna") == "1");
    broker().restart();
    CHECK(becomes(v, view_state::running));
    put(kafka, "outage", 2, "anna", "2");
    CHECK(eventually(60s, [&] { return row(v, "anna") == "2"; }));
    broker().kill();
    CHECK(becomes(v, view_state::disconnected));
    CHECK(run.stop(10s));
  }
  program p{state / "copies"};
  started run{p.on, v};
  CHECK(eventually(10s, [&] { return v.status().partitions.size() == 2; }));
  CHECK(v.state() == view_state::connecting);
  CHECK(row(v, "anna") == "2");
  broker().restart();
  CHECK(becomes(v, view_state::running));
  CHECK(run.stop());
}

TEST_CASE("views on Kafka: more partitions, a cut front, and a topic made anew are noticed") {
  kafka_client kafka{broker().address()};
  kafka.create_topic("changing", 1);
  for (int i = 0; i < 20; ++i) put(kafka, "changing", 1, "old" + std::to_string(i), "v");
  const temporary_folder state;
  program p{state / "copies"};
  text_view v{table<std::string>{"changing"}};
  started run{p.on, v};
  p.on.run(v.ready());
  kafka.grow_topic("changing", 3);
  CHECK(eventually(60s, [&] { return v.status().partitions.size() == 3 && v.state() == view_state::running; }));
  kafka.produce("changing", 2, "new", "v");
  kafka.flush();
  CHECK(eventually(60s, [&] { return v.rows(key_range::prefix("new")).rows.size() == 1; }));
  CHECK(run.stop());

  kafka.produce("changing", 0, "above the cut", "v");
  kafka.produce("changing", 0, "above the cut too", "v");
  kafka.flush();
  kafka.truncate("changing", 0, 21);
  started again{p.on, v};
  p.on.run(v.ready());
  CHECK(v.rows().rows.size() == 2);  // what was before the cut is gone, and so is the copy that cannot know of it

  kafka.delete_topic("changing");
  CHECK(becomes(v, view_state::disconnected));
  kafka.create_topic("changing", 3);
  kafka.produce("changing", 1, "again", "v");
  kafka.flush();
  CHECK(eventually(120s, [&] {
    if (v.state() != view_state::running) return false;
    const auto page = v.rows();
    return page.rows.size() == 1 && page.rows.front().first == "again";
  }));
  CHECK(again.stop());
}
