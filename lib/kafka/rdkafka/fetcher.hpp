// Opens sources on one fetching handle.
#pragma once

#include "kafka/ports.hpp"
#include "kafka/rdkafka/client.hpp"
#include "kafka/rdkafka/partition_feed.hpp"

#include <map>
#include <memory>
#include <mutex>
#include <vector>

namespace corka::kafka::rdkafka {

/// A plain consumer without membership: reads the partitions that it is told, from the offsets that it is told.
///
/// Life: the sources may be destroyed after it. Threads: every member safe.
class fetcher final : public record_reader {
 public:
  fetcher(std::shared_ptr<handle> h, executor control);
  fetcher(const fetcher&) = delete;
  fetcher& operator=(const fetcher&) = delete;
  ~fetcher() override;

  /// Asks for the topic's leaders now, so that the first source on it does not wait for the next refresh.
  void warm(const topic_name& topic);
  /// Starts fetching; `open` with the same offset takes it over.
  void prepare(const position& start);
  /// Stops fetching what was prepared and not opened.
  void drop_prepared(const std::vector<partition_id>& partitions);
  void drop_prepared();

  [[nodiscard]] std::unique_ptr<record_source> open(const topic_partition& where, offset from,
                                                    async::signal::notifier arrived) override;

 private:
  std::shared_ptr<handle> handle_;
  std::shared_ptr<client> client_;
  std::mutex mutex_;
  std::map<topic_name, native::topic> warm_;
  std::map<topic_partition, std::unique_ptr<partition_feed>> prepared_;
};

}  // namespace corka::kafka::rdkafka
