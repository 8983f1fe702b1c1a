// The broker's topics as a test sees and writes them, without a client between.
#pragma once

#include "kafka/embedded/log_source.hpp"
#include "tester/lab.hpp"

#include <corka/detail/tester_core.hpp>

#include <cstddef>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace corka::tester_parts {

/// Reads on from where it was each time it is asked; also while the broker is away. Life: the lab outlives it.
class topic_board {
 public:
  topic_board(lab& in, std::int32_t partitions) : in_{in}, partitions_{partitions} {}

  /// Makes what is missing of a group's topics. @throws error{errc::not_copartitioned}.
  void need_topics(const declaration& of);
  void need_topic(const topic_name& topic, bool compacted);
  /// @throws error{errc::topic_exists}.
  void create(const topic_name& topic, std::int32_t partitions, const std::map<std::string, std::string>& config);

  record_position append(const topic_name& topic, partitioner by, std::string_view key,
                         std::optional<std::string_view> value, const emit_options& options);
  [[nodiscard]] const std::map<std::string, std::string, std::less<>>& rows(const topic_name& topic);
  /// Of the partition whose next record has the oldest timestamp.
  [[nodiscard]] std::optional<detail::tested_bytes> next(const topic_name& topic, std::vector<offset>& from);
  [[nodiscard]] std::vector<detail::tested_position> commits(const declaration& of);

 private:
  struct column {
    std::unique_ptr<kafka::embedded::log_source> source;
    std::vector<detail::tested_bytes> records;
  };
  struct page {
    std::vector<column> partitions;
    std::map<std::string, std::string, std::less<>> rows;
  };
  page& read(const topic_name& topic);
  void take(page& into, column& from, const kafka::record_batch& batch, partition_id partition);

  lab& in_;
  std::int32_t partitions_;
  std::map<topic_name, page> pages_;
};

}  // namespace corka::tester_parts
