// Two processes of one group on a real Kafka join a table, look up in another, and lose one of them.
#include "support/child_process.hpp"
#include "support/eventually.hpp"
#include "support/http_get.hpp"
#include "support/kafka_broker.hpp"
#include "support/kafka_client.hpp"
#include "support/temporary_folder.hpp"

#include <corka/partitioner.hpp>

#include <doctest/doctest.h>

#include <nlohmann/json.hpp>

#include <chrono>
#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <vector>

namespace corka::test {

namespace {

using std::chrono::seconds;

constexpr std::int32_t partitions = 4;
constexpr std::int32_t word_partitions = 3;
constexpr int users = 300;
constexpr int words = 40;
const std::map<std::string, std::string> compacted{{"cleanup.policy", "compact"}};

std::string user(int i) { return "user" + std::to_string(i); }
std::string word(int i) { return "word" + std::to_string(i % words); }

/// The group and what it reads.
class drill {
 public:
  explicit drill(const std::string& brokers) : brokers_{brokers}, client_{brokers} {
    client_.create_topic("clicks", partitions);
    client_.create_topic("profiles", partitions, compacted);
    client_.create_topic("titles", partitions, compacted);
    client_.create_topic("words", word_partitions, compacted);
  }

  void start(const std::string& name) {
    http_[name] = "127.0.0.1:" + std::to_string(free_port());
    const std::vector<std::string> command{MEMBER_PROGRAM, brokers_, folder_ / name, http_[name]};
    members_[name] = std::make_unique<child_process>(command, folder_ / (name + ".log"));
  }
  child_process& member(const std::string& name) { return *members_.at(name); }

  void profiles(const std::string& text) { write("profiles", users, text); }
  void titles(const std::string& text) { write("titles", users, text); }
  void translations(const std::string& text) {
    for (int i = 0; i < words; ++i)
      client_.produce("words", partition_of(word(i), word_partitions).value, word(i), text + word(i));
    client_.flush();
  }
  void renew_profiles(const std::string& text, int of_users) {
    renew("profiles", partitions);
    write("profiles", of_users, text);
  }
  void renew_translations(const std::string& text) {
    renew("words", word_partitions);
    translations(text);
  }

  /// Lets everybody click until their states are as `state` has them.
  template <class State>
  void states_become(State state) {
    std::string wrong;
    const auto so = [&] {
      for (int i = 0; i < users; ++i)
        client_.produce("clicks", partition_of(user(i), partitions).value, user(i), word(i));
      client_.flush();
      const auto now = client_.table("joiners-table");
      for (int i = 0; i < users; ++i) {
        const auto found = now.find(user(i));
        wrong = user(i) + ": " + (found == now.end() ? "none" : found->second) + " instead of " + state(i);
        if (found == now.end() || found->second != state(i)) return false;
      }
      return true;
    };
    const bool reached = eventually(seconds{60}, so);
    INFO(words_of_all());
    REQUIRE_MESSAGE(reached, wrong);
  }

  nlohmann::json status(const std::string& name) const {
    const auto answer = http_get(http_.at(name), "/api/v1/processors/joiners");
    return answer.status == 200 ? nlohmann::json::parse(answer.body) : nlohmann::json{};
  }
  bool has(const std::string& name, std::size_t count) const {
    const auto s = status(name);
    return s.contains("partitions") && s.at("partitions").size() == count;
  }
  /// Rows of the join in this process.
  std::int64_t rows(const std::string& name) const {
    std::int64_t sum = 0;
    const auto now = status(name);
    for (const auto& p : now.at("partitions")) sum += p.at("joins").at(0).at("rows").get<std::int64_t>();
    return sum;
  }
  std::string words_of_all() {
    std::string all;
    for (const auto& [name, process] : members_) {
      all += name + ":\n" + process->last_words() + "\n" + status(name).dump() + "\n";
    }
    return all;
  }

 private:
  void write(const std::string& topic, int count, const std::string& text) {
    for (int i = 0; i < count; ++i)
      client_.produce(topic, partition_of(user(i), partitions).value, user(i), text + std::to_string(i));
    client_.flush();
  }
  void renew(const std::string& topic, std::int32_t count) {
    client_.delete_topic(topic);
    CHECK(eventually(seconds{20}, [&] { return created(topic, count); }));
  }
  // Kafka takes a while to forget a name.
  bool created(const std::string& topic, std::int32_t count) {
    try {
      client_.create_topic(topic, count, compacted);
      return true;
    } catch (const std::exception&) { return false; }
  }

  std::string brokers_;
  temporary_folder folder_;
  kafka_client client_;
  std::map<std::string, std::string> http_;
  std::map<std::string, std::unique_ptr<child_process>> members_;
};

auto said(const std::string& title, const std::string& profile, const std::string& language) {
  return [=](int i) {
    return title + std::to_string(i) + " " + profile + std::to_string(i) + " says " + language + word(i);
  };
}

/// Only the first half of them has a profile.
auto half_known(const std::string& title, const std::string& language) {
  const auto known = said(title, "Eve", language);
  return [=](int i) {
    return i < users / 2 ? known(i) : title + std::to_string(i) + " nobody says " + language + word(i);
  };
}

}  // namespace

TEST_CASE("joins and lookups of two members are current, move, survive a kill, and read a renewed topic anew") {
  kafka_broker broker;
  drill d{broker.address()};
  d.profiles("Anna");
  d.titles("Ms");
  d.translations("la ");
  d.start("one");
  d.states_become(said("Ms", "Anna", "la "));
  CHECK(d.rows("one") == users);

  d.start("two");
  REQUIRE(eventually(seconds{40}, [&] { return d.has("one", 2) && d.has("two", 2); }));
  CHECK(eventually(seconds{20}, [&] { return d.rows("one") + d.rows("two") == users; }));
  CHECK(d.rows("two") > 0);
  CHECK(d.status("one").at("lookups").at(0).at("rows") == words);
  CHECK(d.status("two").at("lookups").at(0).at("rows") == words);
  d.profiles("Bob");
  d.titles("Mr");
  d.translations("le ");
  d.states_become(said("Mr", "Bob", "le "));

  d.member("two").kill();
  d.profiles("Cleo");
  d.translations("il ");
  REQUIRE(eventually(seconds{40}, [&] { return d.has("one", 4); }));
  d.states_become(said("Mr", "Cleo", "il "));

  d.start("two");
  REQUIRE(eventually(seconds{40}, [&] { return d.has("one", 2) && d.has("two", 2); }));
  d.states_become(said("Mr", "Cleo", "il "));

  d.renew_profiles("Eve", users / 2);
  d.states_become(half_known("Mr", "il "));

  broker.kill();
  broker.restart();
  d.titles("Dr");
  d.translations("el ");
  d.states_become(half_known("Dr", "el "));

  // librdkafka remembers the leader epochs that a start of the broker has raised; those of a new topic begin at 0.
  d.renew_profiles("Eve", users / 2);
  d.renew_translations("het ");
  d.states_become(half_known("Dr", "het "));

  CHECK(d.member("one").stop(seconds{30}) == 0);
  CHECK(d.member("two").stop(seconds{30}) == 0);
}

}  // namespace corka::test
