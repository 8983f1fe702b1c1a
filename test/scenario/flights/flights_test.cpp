// The example as a whole, in one thread, on virtual time.
#include "emission.hpp"
#include "groups.hpp"
#include "kafka/embedded/catalog.hpp"
#include "support/flights_truth.hpp"
#include "support/temporary_folder.hpp"
#include "support/world.hpp"
#include "tables.hpp"

#include <corka/corka.hpp>

#include <doctest/doctest.h>

#include <boost/asio/post.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <fstream>
#include <map>
#include <memory>
#include <string>
#include <vector>

namespace flights {
namespace {

using corka::test::world;

/// The first `rows` rows of January.
struct data {
  corka::test::temporary_folder folder;
  explicit data(int rows) {
    std::ifstream all{std::string{FLIGHTS_DATA} + "/flights.csv"};
    std::ofstream some{folder / "flights.csv"};
    std::string line;
    for (int i = 0; i <= rows && std::getline(all, line); ++i) some << line << '\n';
  }
};

struct emitting {
  emission progress;
  corka::emitter<flight> out;
  corka::job job;

  explicit emitting(const std::filesystem::path& folder)
      : out{all_flights, {.create_with_partitions = 4}},
        job{[this, folder](corka::runtime&) { return emit_rows(out, folder.string(), 0, progress); }} {}
};

/// Stops the emission in the middle, as a user's Ctrl-C does.
corka::task<> stop_after(emitting& e, std::int64_t rows) {
  const auto here = co_await boost::asio::this_coro::executor;
  while (e.progress.emitted < rows && !e.progress.done) co_await boost::asio::post(here, boost::asio::use_awaitable);
  e.job.stop();
  e.out.stop();
}

/// Rows of a table topic, as JSON.
std::map<std::string, nlohmann::json> states(world& w, const std::string& topic) {
  std::map<std::string, nlohmann::json> found;
  for (const auto& [key, bytes] : w.table(topic)) found[key] = nlohmann::json::parse(bytes);
  return found;
}

corka::processor_options all_topics() {
  corka::processor_options options;
  options.create_topics = corka::topic_creation::all;
  return options;
}

/// Fills the tables of aircraft and airlines.
struct filling {
  corka::emitter<aircraft> planes{all_aircraft, {.create_with_partitions = 4}};
  corka::emitter<airline> carriers{all_airlines, {.create_with_partitions = 1}};
  corka::job job{[this](corka::runtime&) { return emit_tables(planes, carriers, FLIGHTS_DATA, {}); }};

  /// How many records it wrote.
  std::size_t run(world& w, corka::test::instance& on) {
    const auto before = count(w);
    const auto first = w.start(planes, on);
    const auto second = w.start(carriers, on);
    const auto filled = w.start(job, on);
    REQUIRE(w.until([&] { return filled.ended() && first.ended() && second.ended(); }));
    CHECK(filled.failure().empty());
    return count(w) - before;
  }

 private:
  static std::size_t count(world& w) {
    if (!w.broker->topics().find(corka::topic_name{"airlines"})) return 0;
    return w.records("aircraft").size() + w.records("airlines").size();
  }
};

TEST_CASE("flights: the states of every plane and carrier are what the file says") {
  world w;
  auto& on = w.member("a");
  CHECK(filling{}.run(w, on) == 3'322 + 16);
  CHECK(filling{}.run(w, on) == 0);  // all of it is there already
  emitting e{FLIGHTS_DATA};
  corka::processor planes_now{planes(), all_topics()};
  corka::processor carriers_now{carriers(), all_topics()};
  const auto emitter = w.start(e.out, on);
  const auto job = w.start(e.job, on);
  const auto p = w.start(planes_now, on);
  const auto c = w.start(carriers_now, on);
  REQUIRE(w.until([&] { return job.ended(); }));
  CHECK(job.failure().empty());
  REQUIRE(w.until([&] { return corka::test::caught_up(w, planes_now); }));
  REQUIRE(w.until([&] { return corka::test::caught_up(w, carriers_now); }));

  const auto truth = corka::test::flights_truth(FLIGHTS_DATA);
  CHECK(states(w, "planes-table") == truth.planes);
  CHECK(states(w, "carriers-table") == truth.carriers);
  const auto late = w.records("late-arrivals");
  CHECK(late.size() == truth.late);
  for (const auto& r : late) {
    const auto arrival = nlohmann::json::parse(r.value.value_or("null"));
    CHECK(arrival.at("model") == truth.planes.at(r.key).at("model"));
    CHECK(arrival.at("tailnum") == r.key);
  }
  CHECK(truth.planes.at("N14228").at("model") == "BOEING 737-824");
  CHECK(truth.carriers.at("UA").at("name") == "United Air Lines Inc.");
  CHECK(w.records("carrier-flights").size() == truth.rows);
  CHECK(nlohmann::json::parse(w.row(planes_now, "N14228")) == truth.planes.at("N14228"));
  CHECK(emitter.ended());  // the job stops it when there is nothing more to emit
  w.stop(planes_now, p);
  w.stop(carriers_now, c);
}

TEST_CASE("flights: an emission that is stopped and started again emits each row once, in file order") {
  const data file{4'000};
  world w;
  auto& on = w.member("a");
  int runs = 0;
  for (bool done = false; !done; ++runs) {
    emitting e{file.folder.path()};
    const auto emitter = w.start(e.out, on);
    const auto job = w.start(e.job, on);
    w.threads.start(stop_after(e, 700));
    REQUIRE(w.until([&] { return job.ended() && emitter.ended(); }));
    done = e.progress.done;
    CHECK(job.failure().empty());
  }
  CHECK(runs > 3);

  flight_file rows{file.folder.path()};
  std::map<std::int32_t, std::vector<std::string>> expected;
  while (const auto row = rows.next()) {
    expected[corka::partition_of(row->tailnum, 4).value].push_back(nlohmann::json(*row).dump());
  }
  std::map<std::int32_t, std::vector<std::string>> found;
  for (const auto& r : w.records("flights")) found[r.partition].push_back(r.value.value_or("tombstone"));
  CHECK(found == expected);

  emitting again{file.folder.path()};
  const auto emitter = w.start(again.out, on);
  const auto job = w.start(again.job, on);
  REQUIRE(w.until([&] { return job.ended() && emitter.ended(); }));
  CHECK(again.progress.emitted == 0);
  CHECK(again.progress.already_there == 4'000);
}

TEST_CASE("flights: without its data the example says which file is missing and what to do") {
  const corka::test::temporary_folder empty;
  world w;
  emitting e{empty.path()};
  const auto job = w.start(e.job, w.member("a"));
  REQUIRE(w.until([&] { return job.ended(); }));
  CHECK(job.failure().find("flights.csv: cannot be opened: give --data a folder") != std::string::npos);
}

}  // namespace
}  // namespace flights
