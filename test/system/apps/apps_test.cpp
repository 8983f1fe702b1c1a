// The programs that are shipped, as a user starts them: on the embedded broker, with nothing else around.
#include "program.hpp"

#include "support/child_process.hpp"
#include "support/eventually.hpp"
#include "support/flights_truth.hpp"
#include "support/http_get.hpp"
#include "support/temporary_folder.hpp"

#include <doctest/doctest.h>

#include <csignal>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <memory>
#include <string>
#include <vector>

namespace corka::test {
namespace {

using std::chrono::seconds;

std::string contents(const std::string& path) {
  std::ifstream in{path};
  return {std::istreambuf_iterator<char>{in}, {}};
}

TEST_CASE("flights: comes to the truth, answers by HTTP, stops at SIGTERM, and is back with its state") {
  const temporary_folder folder;
  const auto truth = flights_truth(CORKA_SOURCE_DIR "/apps/flights/data");
  const std::string plane = "/api/v1/tables/planes-table/keys/N14228";
  {
    program flights{folder, FLIGHTS_PROGRAM, {"--rate", "0"}};
    INFO(flights.process->last_words());
    CHECK(flights.prints("look at  http://" + flights.at + "/"));
    CHECK(flights.answers(plane, truth.planes.at("N14228")));
    for (const auto& [carrier, state] : truth.carriers) {
      CHECK_MESSAGE(flights.answers("/api/v1/tables/carriers-table/keys/" + carrier, state), carrier);
    }
    CHECK(http_get(flights.at, "/healthz").status == 200);
    CHECK(http_get(flights.at, "/readyz").status == 200);
    CHECK(http_get(flights.at, "/api/v1/status").status == 200);
    CHECK(http_get(flights.at, "/metrics").status == 200);
    CHECK(http_get(flights.at, "/").status == 200);
    CHECK(http_get(flights.at, "/api/v1/tables/planes-table/keys/N00000").status == 404);
    CHECK(flights.process->stop(seconds{20}) == 0);
    CHECK(flights.process->printed("stopped in order"));
    CHECK(flights.process->printed("emitted   27,004 flights\n"));
  }
  program again{folder, FLIGHTS_PROGRAM, {"--rate", "0"}};
  INFO(again.process->last_words());
  CHECK(again.answers(plane, truth.planes.at("N14228")));
  CHECK(again.prints("emitter flights: ended: 0 records written"));
  CHECK(again.process->stop(seconds{20}) == 0);
  CHECK(again.process->printed("emitted   0 flights; 27,004 were there already"));
}

TEST_CASE("flights: killed again and again it emits each row once and loses none") {
  const temporary_folder folder;
  const auto truth = flights_truth(CORKA_SOURCE_DIR "/apps/flights/data");
  for (int run = 0; run < 3; ++run) {
    program flights{folder, FLIGHTS_PROGRAM, {"--rate", "900"}};
    const auto some_late = [&] {
      const auto output = flights.process->output();
      std::size_t found = 0;
      for (auto at = output.find("minutes late"); at != std::string::npos; at = output.find("minutes late", at + 1))
        ++found;
      return found >= 8;
    };
    REQUIRE_MESSAGE(eventually(seconds{60}, some_late), flights.process->last_words());
    flights.process->kill();
  }
  program flights{folder, FLIGHTS_PROGRAM, {"--rate", "0"}};
  INFO(flights.process->last_words());
  REQUIRE(flights.prints("emitter flights: ended: "));
  std::int64_t short_of_truth = -1;
  CHECK(eventually(seconds{60}, [&] {
    short_of_truth = 0;
    for (const auto& [carrier, state] : truth.carriers) {
      const auto got = http_get(flights.at, "/api/v1/tables/carriers-table/keys/" + carrier);
      const auto now = got.status == 200 ? nlohmann::json::parse(got.body) : nlohmann::json{{"flights", 0}};
      if (now.at("flights") < state.at("flights")) ++short_of_truth;
    }
    return short_of_truth == 0;
  }));
  CHECK(flights.process->stop(seconds{20}) == 0);
  const auto output = flights.process->output();
  // Rows of this run and rows of the runs before are all the rows there are.
  const auto number_before = [&](const std::string& text) {
    const auto end = output.rfind(text);
    REQUIRE(end != std::string::npos);
    auto begin = end;
    while (begin > 0 && (std::isdigit(static_cast<unsigned char>(output[begin - 1])) != 0 || output[begin - 1] == ','))
      --begin;
    auto digits = output.substr(begin, end - begin);
    std::erase(digits, ',');
    return std::stoll(digits);
  };
  CHECK(number_before(" flights; ") + number_before(" were there already") == 27'004);
}

TEST_CASE("visit: counters are set back by a visitor, also after a restart") {
  const temporary_folder folder;
  const std::string row = "/api/v1/tables/visit-counters-table/keys/user3";
  for (int run = 0; run < 2; ++run) {
    program visit{folder, VISIT_PROGRAM, {"--every", "1"}};
    INFO(visit.process->last_words());
    CHECK(visit.prints("completed: 500 counters in 4 partitions set back"));
    CHECK(visit.answers(row, 0));
    CHECK(visit.process->stop(seconds{20}) == 0);
    CHECK(visit.process->printed("stopped in order"));
  }
}

TEST_CASE("flights: --only emit ends by itself when all is emitted") {
  const temporary_folder folder;
  program flights{folder, FLIGHTS_PROGRAM, {"--rate", "0", "--only", "emit"}};
  CHECK(flights.process->wait(seconds{60}) == 0);
  CHECK(flights.process->printed("emitted   27,004 flights\n"));
}

TEST_CASE("apps: a port that is taken is told before anything is done, with the cure, and ends with 2") {
  const temporary_folder folder;
  program first{folder, CLICKS_PROGRAM, {}};
  REQUIRE(first.prints("look at"));
  const temporary_folder other;
  child_process second{{CLICKS_PROGRAM, "--http", first.at, "--state-dir", (other / "state").string()},
                       other / "output"};
  CHECK(second.wait(seconds{20}) == 2);
  CHECK(second.printed("--http: cannot listen on " + first.at));
  CHECK(second.printed("Address already in use"));
}

TEST_CASE("apps: a state directory in use is told by name, with the owner and the cure, and ends with 1") {
  const temporary_folder folder;
  program first{folder, CLICKS_PROGRAM, {}};
  REQUIRE(first.prints("look at"));
  program second{folder, CLICKS_PROGRAM, {}};
  CHECK(second.process->wait(seconds{20}) == 1);
  CHECK_MESSAGE(second.process->printed(std::to_string(first.process->pid())), second.process->last_words());
  CHECK(second.process->printed("--state-dir"));
}

TEST_CASE(
    "deferred: forwards everything to a service that fails, puts aside what it refuses, and goes on after a kill") {
  const temporary_folder folder;
  const auto sum_of = [](const program& of, int accounts) {
    std::int64_t sum = 0;
    for (int i = 0; i < accounts; ++i) {
      const auto got = http_get(of.at, "/api/v1/tables/forwarders-table/keys/account-" + std::to_string(i));
      if (got.status == 200) sum += nlohmann::json::parse(got.body).get<std::int64_t>();
    }
    return sum;
  };
  // As the program emits them; every 250th is refused.
  std::int64_t wanted = 0;
  for (int i = 0; i < 1'000; ++i) {
    if (i % 250 != 249) wanted += 1 + i % 90;
  }
  program first{folder, DEFERRED_PROGRAM, {"--count", "1000", "--fails-each", "7"}};
  INFO(first.process->last_words());
  CHECK(eventually(seconds{60}, [&] { return sum_of(first, 500) == wanted; }));
  CHECK(first.prints("the service has taken"));
  const auto status = nlohmann::json::parse(http_get(first.at, "/api/v1/status").body);
  std::int64_t retried = 0;
  std::int64_t emitted = 0;
  for (const auto& p : status.at("processors").at(0).at("partitions")) {
    retried += p.at("failures").at("retried").get<std::int64_t>();
    emitted += p.at("emitted").at("records").get<std::int64_t>();
  }
  CHECK(retried > 100);
  CHECK(emitted == 4);
  CHECK(first.process->stop(seconds{20}) == 0);

  // Killed in the middle, nothing is lost.
  auto killed = std::make_unique<program>(folder, DEFERRED_PROGRAM,
                                          std::vector<std::string>{"--count", "1000", "--concurrency", "2"});
  CHECK(eventually(seconds{60}, [&] { return sum_of(*killed, 500) > wanted + 500; }));
  killed->process->kill();
  program last{folder, DEFERRED_PROGRAM, {"--count", "0"}};
  INFO(last.process->last_words());
  CHECK(eventually(seconds{60}, [&] { return sum_of(last, 500) >= 2 * wanted; }));
  CHECK(last.process->stop(seconds{20}) == 0);
}

TEST_CASE("own_store: counts on a store and with a partitioner of its own, and goes on from its files") {
  const temporary_folder folder;
  const std::string user = "/api/v1/tables/own-store-counters-table/keys/pl-user1";
  for (int run = 1; run <= 2; ++run) {
    program counting{folder, OWN_STORE_PROGRAM, {}};
    INFO(counting.process->last_words());
    CHECK(counting.answers(user, 10 * run));
    CHECK(counting.process->stop(seconds{20}) == 0);
  }
  std::size_t files = 0;
  for (const auto& f : std::filesystem::recursive_directory_iterator{folder.path()}) {
    if (f.path().filename() == "rows.log") ++files;
  }
  CHECK(files == 8);  // four partitions each of the group's table and the view
}

TEST_CASE("README: the program on the first screen is apps/clicks, and does what the page says") {
  const auto readme = contents(CORKA_SOURCE_DIR "/README.md");
  const auto source = contents(CORKA_SOURCE_DIR "/apps/clicks/main.cpp");
  const std::string fence = "```cpp\n";
  const auto begin = readme.find(fence);
  REQUIRE(begin != std::string::npos);
  const auto end = readme.find("```", begin + fence.size());
  CHECK(readme.substr(begin + fence.size(), end - begin - fence.size()) == source);

  const temporary_folder folder;
  program clicks{folder, CLICKS_PROGRAM, {}};
  CHECK(clicks.answers("/api/v1/tables/clickers-table/keys/user3", 1000));
  CHECK(clicks.prints("user3 clicked for the 1000th time"));
  CHECK(clicks.process->stop(seconds{20}) == 0);
}

}  // namespace
}  // namespace corka::test
