// A service of goka 1.1.16 itself, on a real Kafka, is taken over: after it has stopped, and beside it while it runs.
#include "support/child_process.hpp"
#include "support/eventually.hpp"
#include "support/kafka_broker.hpp"
#include "support/kafka_client.hpp"
#include "support/temporary_folder.hpp"

#include <corka/partitioner.hpp>

#include <doctest/doctest.h>

#include <unistd.h>

#include <chrono>
#include <csignal>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <tuple>
#include <utility>
#include <vector>

namespace corka::test {

namespace {

using std::chrono::seconds;

constexpr std::int32_t partitions = 4;
constexpr int keys = 100;
const std::vector<std::string> topics{"left", "right"};

std::string key(int i) { return "user-" + std::to_string(i % keys); }

/// goka's member, built once. Where its modules cannot be had the tests are skipped, which CI does not allow.
const std::string& goka_program() {
  static const temporary_folder folder;
  static const std::string program = folder / "goka_member";
  if (std::filesystem::exists(program)) return program;
  child_process build{{GO_PROGRAM, "build", "-C", GOKA_SOURCES, "-o", program, "."}, folder / "build.log"};
  if (build.wait(std::chrono::minutes{10}) != 0) {
    std::fprintf(stderr, "%s*** SKIPPED: goka cannot be built here ***\n", build.output().c_str());
    std::fflush(nullptr);
    ::_exit(77);
  }
  return program;
}

class drill {
 public:
  explicit drill(const std::string& brokers) : brokers_{brokers}, client_{brokers} {
    for (const auto& topic : topics) client_.create_topic(topic, partitions);
  }

  void start_goka(const std::string& name) { start(name, {goka_program(), brokers_, folder_ / "goka", journal(name)}); }
  void start_corka(const std::string& name, const std::string& protocol) {
    start(name, {CORKA_PROGRAM, brokers_, folder_ / "corka", journal(name), protocol});
  }
  child_process& member(const std::string& name) { return *members_.at(name); }
  void stop(const std::string& name) {
    const auto code = members_.at(name)->stop(seconds{60});
    INFO(members_.at(name)->last_words());
    CHECK(code == 0);
  }

  void write(int records) {
    for (int i = 0; i < records; ++i) {
      const auto k = key(sent_);
      client_.produce(topics[static_cast<std::size_t>(sent_ / keys % 2)], partition_of(k, partitions).value, k, "x");
      ++truth_[k];
      ++sent_;
    }
    client_.flush();
  }

  using place = std::tuple<std::string, int, long>;
  /// How often each record was processed, by one member or all.
  [[nodiscard]] std::map<place, int> processed(const std::string& by = {}) const {
    std::map<place, int> seen;
    for (const auto& [name, member] : members_) {
      if (!by.empty() && by != name) continue;
      std::ifstream lines{journal(name)};
      for (place p; lines >> std::get<0>(p) >> std::get<1>(p) >> std::get<2>(p);) ++seen[p];
    }
    return seen;
  }
  void await_all() {
    const bool all = eventually(seconds{120}, [&] { return processed().size() == static_cast<std::size_t>(sent_); });
    INFO(words());
    REQUIRE_MESSAGE(all, processed().size() << " of " << sent_ << " records were processed");
  }
  /// The group's table as its topic says.
  [[nodiscard]] std::map<std::string, long> table() {
    std::map<std::string, long> sums;
    for (const auto& [k, text] : client_.table("takeover-table")) sums[k] = std::stol(text);
    return sums;
  }
  [[nodiscard]] const std::map<std::string, long>& truth() const { return truth_; }
  [[nodiscard]] long sent() const { return sent_; }
  [[nodiscard]] std::vector<std::int64_t> committed(const std::string& topic) {
    return client_.committed("takeover", topic);
  }
  [[nodiscard]] std::vector<std::int64_t> ends(const std::string& topic) { return client_.ends(topic); }
  [[nodiscard]] std::string words() const {
    std::string all;
    for (const auto& [name, member] : members_) all += name + ":\n" + member->last_words() + '\n';
    return all;
  }

 private:
  void start(const std::string& name, std::vector<std::string> command) {
    members_[name] = std::make_unique<child_process>(std::move(command), folder_ / (name + ".log"));
  }
  [[nodiscard]] std::string journal(const std::string& name) const { return folder_ / (name + ".journal"); }

  std::string brokers_;
  kafka_client client_;
  temporary_folder folder_;
  std::map<std::string, std::unique_ptr<child_process>> members_;
  int sent_ = 0;
  std::map<std::string, long> truth_;
};

}  // namespace

TEST_CASE("a stopped goka service goes on under corka, and back: every record is counted once") {
  const kafka_broker kafka;
  drill d{kafka.address()};
  for (const auto* turn : {"goka 1", "corka 1", "goka 2", "corka 2"}) {
    CAPTURE(turn);
    if (std::string_view{turn}.starts_with("goka")) d.start_goka(turn);
    else d.start_corka(turn, "lease");
    d.write(1'000);
    d.await_all();
    d.stop(turn);
    for (const auto& [record, times] : d.processed()) {
      CAPTURE(std::get<2>(record));
      CHECK(times == 1);
    }
    CHECK(d.table() == d.truth());
    for (const auto& topic : topics) CHECK(d.committed(topic) == d.ends(topic));
  }
}

TEST_CASE("corka joins a goka group that runs, and goka leaves it: nothing is lost") {
  const kafka_broker kafka;
  drill d{kafka.address()};
  d.start_goka("goka");
  d.write(1'000);
  d.await_all();

  d.start_corka("corka", "range_kip848");
  // Under load, until the new member has its share.
  const bool shared = eventually(seconds{120}, [&] {
    d.write(100);
    return d.processed("corka").size() > 100;
  });
  INFO(d.words());
  REQUIRE(shared);
  d.await_all();
  d.stop("goka");
  d.write(1'000);
  d.await_all();
  d.stop("corka");

  // At least once: what was under way as partitions moved may be counted again.
  const auto sums = d.table();
  for (const auto& [k, sum] : d.truth()) CHECK(sums.at(k) >= sum);
  for (const auto& topic : topics) CHECK(d.committed(topic) == d.ends(topic));
}

TEST_CASE("with the classic protocol a member is refused beside goka, and told what to do") {
  const kafka_broker kafka;
  drill d{kafka.address()};
  d.start_goka("goka");
  d.write(100);
  d.await_all();
  d.start_corka("corka", "lease");
  const auto code = d.member("corka").wait(seconds{60});
  CHECK(code.value_or(0) != 0);
  INFO(d.words());
  CHECK(d.member("corka").printed("range_kip848"));
  d.write(100);
  d.await_all();
  CHECK(d.processed("corka").empty());
}

}  // namespace corka::test
