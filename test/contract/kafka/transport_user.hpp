// Writing, reading and being a member, in the few words that the contract's cases need.
#pragma once

#include "contract/kafka/transcript.hpp"
#include "contract/kafka/transport_fixture.hpp"

#include "async/signal.hpp"

#include <chrono>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace corka::test {

/// A record with memory of its own.
struct kept_record {
  std::string key;
  std::optional<std::string> value;
  std::int64_t at = 0;
  std::int64_t timestamp_ms = 0;
  std::vector<std::pair<std::string, std::optional<std::string>>> headers;
};

/// "3 anna=hello", "4 bert" for a tombstone: how the cases say what they expect.
[[nodiscard]] std::string to_line(const kept_record& r);
[[nodiscard]] std::vector<std::string> to_lines(const std::vector<kept_record>& records);

/// Keeps every report.
class report_book final : public kafka::delivery_sink {
 public:
  void delivered(std::span<const kafka::delivery_report> reports) noexcept override {
    all.insert(all.end(), reports.begin(), reports.end());
  }
  [[nodiscard]] const kafka::delivery_report* of(std::uint64_t tag) const;

  std::vector<kafka::delivery_report> all;
};

/// Everything that a case does with a transport.
class transport_user {
 public:
  transport_user();
  transport_user(const transport_user&) = delete;
  transport_user& operator=(const transport_user&) = delete;
  ~transport_user();

  /// Makes a topic with a name of its own.
  topic_name topic(std::int32_t partitions = 1, std::map<std::string, std::string> config = {});
  [[nodiscard]] kafka::topic_description describe(const topic_name& topic);
  [[nodiscard]] offset_range range(const topic_partition& tp);

  /// Sends without waiting; the tag is how many were sent before.
  std::uint64_t send(const topic_name& topic, const kafka::outgoing& what);
  std::uint64_t send(const topic_name& topic, std::int32_t partition, std::string_view key,
                     std::optional<std::string_view> value);
  /// Waits until everything sent is reported.
  void settle_sends();

  /// Reads from `from` to what is now the end.
  [[nodiscard]] std::vector<kept_record> read(const topic_name& topic, std::int32_t partition = 0,
                                              std::int64_t from = 0);
  /// Reads on until the position is `to`.
  [[nodiscard]] std::vector<kept_record> read_to(kafka::record_source& from, std::int64_t to);

  template <class T>
  T run(task<T> t) {
    std::optional<T> result;
    fixture->run(into(std::move(t), &result));
    return std::move(*result);
  }
  void run(task<> t) { fixture->run(std::move(t)); }
  [[nodiscard]] clock::time_point in(std::chrono::milliseconds d) const { return fixture->time().now() + d; }

  /// The fixture's, transcribed if that is asked for.
  [[nodiscard]] kafka::cluster& cluster() { return told_ ? *told_ : fixture->cluster(); }

  /// A line of the case's own for the transcript.
  void tell(std::string line) {
    if (into_) into_->say(std::move(line));
  }

  std::unique_ptr<transport_fixture> fixture;
  std::shared_ptr<kafka::admin> admin;
  std::shared_ptr<kafka::producer> producer;
  std::shared_ptr<report_book> reports = std::make_shared<report_book>();
  std::unique_ptr<kafka::record_reader> reader;
  async::signal arrived;

 private:
  template <class T>
  static task<> into(task<T> t, std::optional<T>* result) {
    auto value = co_await std::move(t);
    result->emplace(std::move(value));
  }

  std::shared_ptr<transcript> into_;
  std::shared_ptr<kafka::cluster> told_;
  kafka::sink_id sink_{};
  std::uint64_t sent_ = 0;
  std::map<topic_name, std::shared_ptr<kafka::output_topic>> outputs_;
};

/// Copies the records of a batch.
[[nodiscard]] std::vector<kept_record> keep(const kafka::record_batch& batch);

}  // namespace corka::test
