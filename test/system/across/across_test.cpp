// Three flights on a real Kafka: each of them answers every key, also for one that is killed.
#include "support/certificates.hpp"
#include "support/child_process.hpp"
#include "support/eventually.hpp"
#include "support/flights_truth.hpp"
#include "support/http_get.hpp"
#include "support/kafka_broker.hpp"
#include "support/temporary_folder.hpp"

#include <corka/http/client.hpp>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>

#include <doctest/doctest.h>
#include <nlohmann/json.hpp>

#include <chrono>
#include <cstdint>
#include <fstream>
#include <memory>
#include <set>
#include <string>
#include <utility>
#include <vector>

namespace corka::test {

namespace {

using nlohmann::json;
using std::chrono::seconds;

/// One of several, each with an address and local copies of its own.
struct flights_instance {
  std::string at = "127.0.0.1:" + std::to_string(free_port());
  std::unique_ptr<child_process> process;

  flights_instance(const std::string& broker, const temporary_folder& folder, const std::string& name,
                   const std::vector<std::string>& more) {
    std::vector<std::string> command{
        FLIGHTS_PROGRAM,         "--brokers", broker, "--http", at, "--advertise", "127.0.0.1:0", "--state-dir",
        (folder / name).string()};
    command.insert(command.end(), more.begin(), more.end());
    process = std::make_unique<child_process>(command, folder / (name + ".log"));
  }
  [[nodiscard]] http_answer key(const std::string& key, const std::string& table = "planes-table") const {
    return http_get(at, "/api/v1/tables/" + table + "/keys/" + key);
  }
  [[nodiscard]] json get(const std::string& target) const {
    const auto got = http_get(at, target);
    return got.status == 200 ? json::parse(got.body, nullptr, false) : json(nullptr);
  }
  [[nodiscard]] std::size_t members() const {
    const auto j = get("/api/v1/cluster/instances");
    if (!j.is_object() || j["groups"].empty()) return 0;
    for (const auto& g : j["groups"]) {
      if (!g["unassigned"].empty()) return 0;
    }
    return j["groups"][0]["members"].size();
  }
};

}  // namespace

TEST_CASE("any of three instances answers every key; one that is killed is named until another has its partitions") {
  const auto truth = flights_truth(FLIGHTS_DATA);
  kafka_broker broker;
  const temporary_folder folder;
  std::vector<std::unique_ptr<flights_instance>> all;
  const std::vector<std::string> quick{"--kafka", "session.timeout.ms=6000"};
  auto emitting = quick;
  emitting.insert(emitting.end(), {"--rate", "0"});
  auto counting = quick;
  counting.insert(counting.end(), {"--only", "planes,carriers"});
  all.push_back(std::make_unique<flights_instance>(broker.address(), folder, "first", emitting));
  REQUIRE(eventually(seconds{60}, [&] { return all[0]->members() == 1; }));
  all.push_back(std::make_unique<flights_instance>(broker.address(), folder, "second", counting));
  all.push_back(std::make_unique<flights_instance>(broker.address(), folder, "third", counting));
  // It knows nothing of planes, not even how their keys are partitioned.
  auto front_only = quick;
  front_only.insert(front_only.end(), {"--only", "carriers"});
  const flights_instance front{broker.address(), folder, "front", front_only};

  const auto everywhere_right = [&](const flights_instance& asked) {
    int right = 0;
    for (const auto& [key, row] : truth.planes) {
      const auto got = asked.key(key);
      if (got.status == 200 && json::parse(got.body, nullptr, false)["flights"] == row.at("flights")) ++right;
    }
    return right;
  };
  const auto planes = static_cast<int>(truth.planes.size());
  for (const auto& one : all) {
    const bool settled = eventually(seconds{90}, [&] { return one->members() == 3; });
    REQUIRE_MESSAGE(settled, one->process->last_words());
    CHECK_MESSAGE(eventually(seconds{90}, [&] { return everywhere_right(*one) == planes; }),
                  one->process->last_words());
  }
  CHECK_MESSAGE(eventually(seconds{30}, [&] { return everywhere_right(front) == planes; }),
                front.process->last_words());
  CHECK(eventually(seconds{30}, [&] { return all[0]->key("UA", "carriers-table").status == 200; }));
  // Pages are of everybody's rows.
  const auto page = all[1]->get("/api/v1/tables/planes-table/keys?limit=1000");
  CHECK(page["partitions"] == json({0, 1, 2, 3}));
  CHECK(page["rows"].size() == 1'000);

  // Who has what is known to all; the victim has something of planes.
  const auto assignment = all[0]->get("/api/v1/cluster/instances")["groups"];
  REQUIRE(assignment.is_array());
  std::set<int> lost;
  for (const auto& g : assignment) {
    if (g["group"] != "planes") continue;
    for (const auto& m : g["members"]) {
      if (m["instance"] == all[2]->at) lost = m["holds"].get<std::set<int>>();
    }
  }
  REQUIRE(!lost.empty());
  all[2]->process->kill();

  int refused = 0;
  int wrong = 0;
  std::string said;
  const auto look = [&] {
    int right = 0;
    int n = 0;
    for (const auto& [key, row] : truth.planes) {
      if (++n % 40 != 0) continue;
      const auto got = all[static_cast<std::size_t>(n / 40 % 2)]->key(key);
      const auto body = json::parse(got.body, nullptr, false);
      if (got.status == 200 && body["flights"] == row.at("flights")) {
        ++right;
      } else if (got.status == 503 || got.status == 409) {
        ++refused;
        if (got.status == 503 && body.value("owner", "") == all[2]->at) said = body.value("detail", "");
      } else {
        ++wrong;
        FAIL_CHECK(key << ": " << got.status << " " << got.body);
      }
    }
    return right == planes / 40;
  };
  CHECK_FALSE(look());
  CHECK_MESSAGE(said.find(all[2]->at) != std::string::npos, "nobody named the killed instance");
  CHECK_MESSAGE(eventually(seconds{60}, look), all[0]->process->last_words());
  CHECK(refused > 0);
  CHECK(wrong == 0);
  MESSAGE(refused << " of the lookups were refused while the partitions moved; as: " << said);
  // The other group's partitions move by themselves.
  CHECK(eventually(seconds{30}, [&] { return all[0]->members() == 2; }));
  for (const std::size_t i : {0U, 1U}) CHECK(all[i]->process->stop(seconds{30}) == 0);
}

namespace {

/// Asks by TLS, with the token.
class trusted_client {
 public:
  trusted_client(std::string authorities, std::string token)
      : client_{{.authorities = std::move(authorities)}}, token_{std::move(token)} {}

  [[nodiscard]] http::reply get(const std::string& at, const std::string& target) {
    http::call what;
    what.address = "https://" + at;
    what.target = target;
    what.fields.emplace_back("Authorization", "Bearer " + token_);
    http::reply got;
    boost::asio::co_spawn(loop_, ask(client_, std::move(what), got), boost::asio::detached);
    loop_.restart();
    loop_.run();
    return got;
  }

 private:
  static task<> ask(http::client& by, http::call what, http::reply& into) {
    try {
      into = co_await by.send(std::move(what));
    } catch (const http::call_failed&) { into.status = 0; }
  }

  boost::asio::io_context loop_{1};
  http::client client_;
  std::string token_;
};

}  // namespace

TEST_CASE("instances that speak TLS and want their token for everything answer for each other, and do not tell it") {
  const auto truth = flights_truth(FLIGHTS_DATA);
  kafka_broker broker;
  const temporary_folder folder;
  const std::string token = "a-token-for-this-test";
  std::ofstream{folder / "token"} << token << "\n";
  const auto own = make_certificate(folder.path(), "own", {"IP:127.0.0.1"});
  const std::vector<std::string> safe{"--kafka",           "session.timeout.ms=6000",
                                      "--http-token-file", (folder / "token").string(),
                                      "--http-token-for",  "all",
                                      "--http-cert",       own.certificate,
                                      "--http-key",        own.key,
                                      "--http-ca",         own.certificate};
  auto emitting = safe;
  emitting.insert(emitting.end(), {"--rate", "0"});
  auto counting = safe;
  counting.insert(counting.end(), {"--only", "planes,carriers"});
  const flights_instance first{broker.address(), folder, "first", emitting};
  const flights_instance second{broker.address(), folder, "second", counting};
  trusted_client client{own.certificate, token};
  const auto right = [&](const flights_instance& asked, std::set<std::string>& by) {
    std::size_t n = 0;
    for (const auto& [key, row] : truth.planes) {
      const auto got = client.get(asked.at, "/api/v1/tables/planes-table/keys/" + key);
      const bool same = got.status == 200 && json::parse(got.body, nullptr, false)["flights"] == row.at("flights");
      if (same) ++n;
      else return n;
      if (const auto other = got.header("X-Corka-Instance")) by.insert(std::string{*other});
    }
    return n;
  };
  for (const auto& [asked, other] : {std::pair{&first, &second}, std::pair{&second, &first}}) {
    std::set<std::string> by;
    CHECK_MESSAGE(eventually(seconds{90}, [&] { return right(*asked, by) == truth.planes.size() && !by.empty(); }),
                  asked->process->last_words());
    CHECK(by == std::set<std::string>{"https://" + other->at});
    const auto status = json::parse(client.get(asked->at, "/api/v1/cluster/status").body, nullptr, false);
    CHECK(status["instances"].size() == 2);
    CHECK(status["missing"].empty());
  }
  trusted_client stranger{own.certificate, "another"};
  CHECK(stranger.get(first.at, "/api/v1/cluster/status").status == 401);
  for (const auto* const one : {&first, &second}) {
    CHECK_FALSE(one->process->printed(token));
    CHECK(one->process->stop(seconds{30}) == 0);
  }
}

}  // namespace corka::test
