// Opens sources for one reader.
#pragma once

#include "kafka/ports.hpp"
#include "kafka/rdkafka/fetch_lines.hpp"
#include "kafka/rdkafka/partition_feed.hpp"

#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

namespace corka::kafka::rdkafka {

/// A plain consumer without membership: reads the partitions that it is told, from the offsets that it is told.
///
/// Life: the sources may be destroyed after it. Threads: every member safe.
class fetcher final : public record_reader {
 public:
  /// `name` is for the log.
  fetcher(std::shared_ptr<fetch_lines> by, std::string name) : lines_{std::move(by)}, name_{std::move(name)} {}

  void warm(const topic_name& topic) { lines_->warm(topic); }
  /// Starts fetching; `open` with the same offset takes it over.
  void prepare(const position& start);
  /// Stops fetching what was prepared and not opened.
  void drop_prepared(const std::vector<partition_id>& partitions);
  void drop_prepared();

  [[nodiscard]] std::unique_ptr<record_source> open(const topic_partition& where, offset from,
                                                    async::signal::notifier arrived) override;
  void topic_is(const topic_name& topic, std::string_view id) override { lines_->topic_is(topic, id); }

 private:
  [[nodiscard]] std::unique_ptr<partition_feed> feed(const topic_partition& where, offset from);

  std::shared_ptr<fetch_lines> lines_;
  std::string name_;
  std::mutex mutex_;
  std::map<topic_partition, std::unique_ptr<partition_feed>> prepared_;
};

}  // namespace corka::kafka::rdkafka
