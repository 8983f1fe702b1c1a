// Processes of one group are killed, stopped, frozen beyond their session, and robbed of their copies, and the broker
// is killed, all under load and by a plan that comes from a seed.
//
//   CORKA_CHAOS_SECONDS  how long the plan is (300)
//   CORKA_CHAOS_SEED     another plan
#include "support/child_process.hpp"
#include "support/eventually.hpp"
#include "support/kafka_broker.hpp"
#include "support/kafka_client.hpp"
#include "support/temporary_folder.hpp"
#include "system/chaos/chaos_plan.hpp"
#include "system/chaos/sequences.hpp"

#include <doctest/doctest.h>

#include <chrono>
#include <csignal>
#include <cstdint>
#include <cstdlib>
#include <filesystem>
#include <map>
#include <memory>
#include <stdexcept>
#include <string>
#include <thread>
#include <utility>
#include <vector>

namespace corka::test {

namespace {

using namespace std::chrono_literals;

constexpr std::int32_t partitions = 6;
constexpr int keys = 120;
constexpr std::size_t members = 3;
constexpr std::chrono::seconds session_timeout{6};  // processor_options' own
/// Of whatever waits for a process or the broker: far beyond what it takes, as machines are busy.
constexpr std::chrono::minutes patience{3};

std::uint64_t from_environment(const char* name, std::uint64_t otherwise) {
  const char* const set = std::getenv(name);
  return set == nullptr ? otherwise : std::stoull(set);
}

/// The group's processes, and the broker that they need.
class victims {
 public:
  void start(std::size_t m) {
    auto& process = processes_[m];
    if (process) ended(m);
    const auto log = folder_ / (std::to_string(m) + "." + std::to_string(++starts_) + ".log");
    const std::vector<std::string> command{MEMBER_PROGRAM, broker.address(), copies(m)};
    process = std::make_unique<child_process>(command, log);
  }
  void carry_out(const step& s) {
    switch (s.what) {
      case blow::kill_member: processes_[s.member]->kill(); return;
      case blow::stop_member: processes_[s.member]->send(SIGTERM); return;
      case blow::start_member: start(s.member); return;
      case blow::forget_copies:
        ended(s.member);
        std::filesystem::remove_all(copies(s.member));
        return;
      case blow::freeze_member: processes_[s.member]->send(SIGSTOP); return;
      case blow::thaw_member: processes_[s.member]->send(SIGCONT); return;
      case blow::kill_broker: broker.kill(); return;
      case blow::restart_broker: broker.restart(); return;
    }
  }
  /// By SIGTERM, in time and without an error; or, if it was killed, at all.
  void ended(std::size_t m) {
    const auto code = processes_[m]->wait(patience);
    INFO("member ", m, ": ", processes_[m]->last_words());
    // One that was told to stop before it listened to signals has said nothing yet.
    const bool unborn = code == 128 + SIGTERM && processes_[m]->output().empty();
    CHECK((code == 0 || code == 128 + SIGKILL || unborn));
  }
  void stop(std::size_t m) {
    processes_[m]->send(SIGTERM);
    ended(m);
  }
  bool all_run() {
    bool all = true;
    for (auto& [m, process] : processes_) all = all && process->running();
    return all;
  }
  std::string words() {
    std::string all;
    for (auto& [m, process] : processes_) all += "member " + std::to_string(m) + ":\n" + process->last_words() + "\n";
    return all;
  }

  kafka_broker broker{{"offsets.topic.num.partitions=1"}};

 private:
  std::string copies(std::size_t m) { return folder_ / ("copies" + std::to_string(m)); }

  temporary_folder folder_;
  std::map<std::size_t, std::unique_ptr<child_process>> processes_;
  int starts_ = 0;
};

bool all_committed(kafka_client& client, std::int64_t written) {
  try {
    std::int64_t sum = 0;
    for (const auto at : client.committed("chaos", "numbers")) sum += at;
    return sum == written;
  } catch (const std::runtime_error&) { return false; }  // its coordinator comes to
}

}  // namespace

TEST_CASE("plans: the same seed makes the same one, with blows of every kind, and what it takes down it brings back") {
  for (std::uint64_t seed = 1; seed <= 200; ++seed) {
    const auto plan = make_plan(seed, 300s, members, session_timeout);
    REQUIRE(plan == make_plan(seed, 300s, members, session_timeout));
    std::map<blow, int> times;
    std::map<std::size_t, blow> down;
    std::map<std::size_t, std::chrono::milliseconds> frozen;
    bool broker_down = false;
    for (const auto& s : plan) {
      CAPTURE(to_string(s));
      ++times[s.what];
      if (s.what == blow::freeze_member) frozen[s.member] = s.at;
      if (s.what == blow::thaw_member) REQUIRE(s.at - frozen.at(s.member) > session_timeout);
      switch (s.what) {
        case blow::kill_member:
        case blow::stop_member:
        case blow::freeze_member:
          REQUIRE(down.emplace(s.member, s.what).second);
          REQUIRE(down.size() < members);
          break;
        case blow::forget_copies: REQUIRE(down.at(s.member) != blow::freeze_member); break;
        case blow::start_member:
          REQUIRE(down.at(s.member) != blow::freeze_member);
          down.erase(s.member);
          break;
        case blow::thaw_member:
          REQUIRE(down.at(s.member) == blow::freeze_member);
          down.erase(s.member);
          break;
        case blow::kill_broker: REQUIRE_FALSE(std::exchange(broker_down, true)); break;
        case blow::restart_broker: REQUIRE(std::exchange(broker_down, false)); break;
      }
    }
    CHECK(down.empty());
    CHECK_FALSE(broker_down);
    // Five minutes have room for everything.
    for (const auto what : {blow::kill_member, blow::stop_member, blow::start_member, blow::forget_copies,
                            blow::freeze_member, blow::thaw_member, blow::kill_broker, blow::restart_broker}) {
      CAPTURE(static_cast<int>(what));
      CHECK(times[what] >= 2);
    }
  }
}

TEST_CASE("chaos: whatever happens to processes and broker nothing is lost, and afterwards every count is exact") {
  const auto seed = from_environment("CORKA_CHAOS_SEED", 1);
  const std::chrono::seconds length{from_environment("CORKA_CHAOS_SECONDS", 300)};
  const auto plan = make_plan(seed, length, members, session_timeout);
  std::string story = "seed " + std::to_string(seed) + "\n";
  for (const auto& s : plan) story += to_string(s) + "\n";
  INFO(story);

  victims group;
  kafka_client client{group.broker.address()};
  client.create_topic("numbers", partitions);
  client.create_topic("followed", partitions);
  sequences numbers{group.broker.address(), partitions, keys};
  for (std::size_t m = 0; m < members; ++m) group.start(m);
  {
    const sequences::load under_load{numbers, 2'500us};
    const auto began = std::chrono::steady_clock::now();
    for (const auto& s : plan) {
      std::this_thread::sleep_until(began + s.at);
      group.carry_out(s);
    }
    CHECK(group.all_run());
  }
  const auto done = [&] { return all_committed(client, numbers.written()); };
  REQUIRE_MESSAGE(eventually(patience, done), group.words());
  const auto after_chaos = numbers.followed(client);
  CHECK_MESSAGE(after_chaos.losses.empty(), after_chaos.losses);

  // In peace each record counts once, and goes to the output once.
  constexpr int rounds = 20;
  numbers.write(rounds);
  REQUIRE_MESSAGE(eventually(patience, done), group.words());
  const auto in_peace = numbers.followed(client);
  CHECK_MESSAGE(in_peace.losses.empty(), in_peace.losses);
  for (const auto& [key, seen] : in_peace.seen) {
    CAPTURE(key);
    CHECK(seen == after_chaos.seen.at(key) + rounds);
    CHECK(in_peace.emitted.at(key) == after_chaos.emitted.at(key) + rounds);
  }

  // Local copies are what the changelog says: who has all partitions goes on from there.
  for (std::size_t m = 0; m < members; ++m) group.stop(m);
  group.start(0);
  numbers.write(1);
  REQUIRE_MESSAGE(eventually(patience, done), group.words());
  const auto alone = numbers.followed(client);
  CHECK_MESSAGE(alone.losses.empty(), alone.losses);
  for (const auto& [key, seen] : alone.seen) {
    CAPTURE(key);
    CHECK(seen == in_peace.seen.at(key) + 1);
  }
  group.stop(0);
}

}  // namespace corka::test
