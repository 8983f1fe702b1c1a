// Five inputs on a real Kafka, merged by their timestamps, and a visitor beside them.
#include "support/child_process.hpp"
#include "support/eventually.hpp"
#include "support/http_get.hpp"
#include "support/kafka_broker.hpp"
#include "support/kafka_client.hpp"
#include "support/temporary_folder.hpp"

#include <corka/partitioner.hpp>

#include <doctest/doctest.h>

#include <chrono>
#include <cstdint>
#include <fstream>
#include <map>
#include <memory>
#include <string>
#include <vector>

namespace corka::test {

namespace {

using std::chrono::seconds;

constexpr std::int32_t partitions = 4;
constexpr int inputs = 5;
constexpr int keys = 100;
constexpr std::int64_t first_ms = 1'700'000'000'000;

std::string key(int i) { return "user-" + std::to_string(i); }
std::string input(int i) { return "in-" + std::to_string(i); }

class drill {
 public:
  explicit drill(const std::string& brokers) : brokers_{brokers}, client_{brokers} {
    for (int i = 0; i < inputs; ++i) client_.create_topic(input(i), partitions);
  }

  void start() {
    const std::vector<std::string> command{MEMBER_PROGRAM, brokers_, folder_ / "state", http_, journal()};
    member_ = std::make_unique<child_process>(command, folder_ / "log");
  }
  void stop() {
    const auto code = member_->stop(seconds{60});
    INFO(member_->last_words());
    CHECK(code == 0);
  }

  /// Each record is a second after the one before, whatever input and partition it goes to.
  void write(int records) {
    for (int i = 0; i < records; ++i, ++sent_) {
      const auto k = key(sent_ % keys);
      const auto n = sent_ * 7 / 3 % inputs;
      client_.produce(input(n), partition_of(k, partitions).value, k, "x", first_ms + std::int64_t{1'000} * sent_);
      ++truth_[k];
    }
    client_.flush();
  }

  struct line {
    std::string topic;
    int partition = 0;
    std::int64_t offset = 0;
    std::int64_t timestamp = 0;
  };
  [[nodiscard]] std::vector<line> processed() const {
    std::vector<line> all;
    std::ifstream lines{journal()};
    for (line l; lines >> l.topic >> l.partition >> l.offset >> l.timestamp;) all.push_back(l);
    return all;
  }
  void await_all() {
    const bool all = eventually(seconds{120}, [&] { return processed().size() >= static_cast<std::size_t>(sent_); });
    INFO(member_->last_words());
    REQUIRE(all);
    CHECK(processed().size() == static_cast<std::size_t>(sent_));
  }
  std::string visit(int more) {
    const auto answer = http_send(http_, "POST", "/visit/" + std::to_string(more), "");
    CHECK(answer.status == 200);
    for (auto& [k, sum] : truth_) sum += more;
    return answer.body;
  }
  /// The group's table as its topic says.
  [[nodiscard]] std::map<std::string, std::int64_t> table() {
    std::map<std::string, std::int64_t> sums;
    for (const auto& [k, text] : client_.table("five-table")) sums[k] = std::stoll(text);
    return sums;
  }
  [[nodiscard]] const std::map<std::string, std::int64_t>& truth() const { return truth_; }

 private:
  [[nodiscard]] std::string journal() const { return folder_ / "journal"; }

  std::string brokers_;
  kafka_client client_;
  temporary_folder folder_;
  std::string http_ = "127.0.0.1:" + std::to_string(free_port());
  std::unique_ptr<child_process> member_;
  int sent_ = 0;
  std::map<std::string, std::int64_t> truth_;
};

}  // namespace

TEST_CASE(
    "five inputs: every partition's records come in the order of their timestamps, each once; visits lose nothing") {
  const kafka_broker kafka;
  drill d{kafka.address()};
  d.write(5'000);
  d.start();
  d.await_all();
  std::map<int, std::int64_t> reached;
  for (const auto& l : d.processed()) {
    CAPTURE(l.topic);
    CAPTURE(l.offset);
    CHECK(l.timestamp > reached[l.partition]);
    reached[l.partition] = l.timestamp;
  }
  CHECK(reached.size() == partitions);

  // Between records that keep coming.
  d.write(2'000);
  CHECK(d.visit(10'000) == "completed 100");
  d.write(2'000);
  CHECK(d.visit(1'000'000) == "completed 100");
  d.await_all();
  d.stop();
  CHECK(d.table() == d.truth());

  // A restart finds everything as it was, and does nothing twice.
  d.start();
  d.write(500);
  d.await_all();
  d.stop();
  CHECK(d.table() == d.truth());
}

}  // namespace corka::test
