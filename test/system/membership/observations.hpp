// What the members of a group wrote down about the records they processed.
#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

namespace corka::test {

using time_us = std::chrono::microseconds;
using milliseconds = std::chrono::milliseconds;

[[nodiscard]] time_us steady_now();

/// One record as processed by a member.
struct sighting {
  time_us at{};
  milliseconds sent{};
  std::int64_t offset = 0;
  char member = '?';
};
/// Topic and partition number.
using place = std::pair<std::string, std::int32_t>;
/// Partition numbers and who has them.
using ownership = std::map<std::int32_t, char>;

/// Reads the journals of all members as they grow. Members are named 'a', 'b', ...
class observations {
 public:
  void follow(char member, const std::filesystem::path& journal);
  /// Reads on.
  void refresh();

  /// Who processed something of each number within the last `window`; nothing unless every number of every one of
  /// `topics` was processed, each number by one member alone.
  [[nodiscard]] std::optional<ownership> owners(const std::vector<std::string>& topics, std::int32_t partitions,
                                                milliseconds window) const;

  /// Longest time between a record processed by `from` and the next one of the same partition, processed by `to`.
  [[nodiscard]] milliseconds longest_handover(const std::vector<std::string>& topics, std::int32_t number,
                                              time_us since, time_us until) const;
  /// Longest time without a record of the number, beyond what the load itself paused, between `since` and `until`.
  /// `period` is the load's.
  [[nodiscard]] milliseconds longest_pause(const std::vector<std::string>& topics, std::int32_t number, time_us since,
                                           time_us until, milliseconds period) const;

  /// Offsets of the place that nobody has processed, below `end`.
  [[nodiscard]] std::vector<std::int64_t> missing(const place& where, std::int64_t end) const;
  /// Records that were processed more than once, the second time after `since` and before `until`.
  [[nodiscard]] std::size_t repeated(time_us since, time_us until) const;

 private:
  struct source {
    char member;
    std::ifstream in;
    std::string rest;  // of a line that is not complete yet
  };
  void take(char member, const std::string& line);

  std::vector<source> sources_;
  std::map<place, std::vector<sighting>> seen_;  // in the order of time
};

}  // namespace corka::test
