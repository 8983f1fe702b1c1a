// Plain librdkafka for tests: a witness that shares no code with corka.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace corka::test {

/// Blocking calls to a cluster. Threads: one. Errors: std::runtime_error.
class kafka_client {
 public:
  explicit kafka_client(const std::string& brokers);
  kafka_client(const kafka_client&) = delete;
  kafka_client& operator=(const kafka_client&) = delete;
  ~kafka_client();

  void create_topic(const std::string& topic, std::int32_t partitions, std::map<std::string, std::string> config = {});
  void delete_topic(const std::string& topic);
  /// Gives it more partitions, in all.
  void grow_topic(const std::string& topic, std::int32_t partitions);
  /// Deletes what is before the offset, as retention does.
  void truncate(const std::string& topic, std::int32_t partition, std::int64_t before);
  /// One past the last record, partition by partition.
  [[nodiscard]] std::vector<std::int64_t> ends(const std::string& topic);
  /// Committed positions of a group, partition by partition; -1 where there is none.
  [[nodiscard]] std::vector<std::int64_t> committed(const std::string& group, const std::string& topic);

  /// Queues a record; it is sent at once. `flush` returns when all are acknowledged. `timestamp_ms` 0: now.
  void produce(const std::string& topic, std::int32_t partition, std::string_view key, std::string_view value,
               std::int64_t timestamp_ms = 0);
  void flush();

  /// Every record from the start to the present end, in order within each partition. A tombstone has no value.
  using visitor =
      std::function<void(std::int32_t partition, std::string_view key, std::optional<std::string_view> value)>;
  void read_all(const std::string& topic, const visitor& visit);
  /// The last value of each key that has one: what a table made from the topic holds.
  [[nodiscard]] std::map<std::string, std::string> table(const std::string& topic);

 private:
  struct impl;
  std::unique_ptr<impl> impl_;
};

}  // namespace corka::test
