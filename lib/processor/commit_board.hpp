// Which offsets are to be committed to the group, for all partitions of one member.
#pragma once

#include "base/clock.hpp"
#include "kafka/ports.hpp"

#include <chrono>
#include <map>
#include <vector>

namespace corka::processor_parts {

/// Gathers watermarks, hands them out as one commit, and keeps what was not committed.
///
/// Offsets of topics that nobody subscribes to expire without commits, so what stands still is committed again now and
/// then. No I/O; one strand.
class commit_board {
 public:
  /// Well below Kafka's offsets.retention.minutes (7 days), and rare enough to cost nothing.
  static constexpr std::chrono::hours refresh_after{1};

  /// The partition starts at a position; it is committed again from time to time even if it never moves. Below 0: it
  /// is not known before the first watermark.
  void assigned(const kafka::position& at, clock::time_point now);
  void watermark(const kafka::position& at);
  /// The partition is somebody else's.
  void released(const topic_partition& where);

  /// No partition of the topic is committed until it is assigned again.
  void dropped(const topic_name& topic) {
    std::erase_if(entries_, [&](const auto& e) { return e.first.topic == topic; });
  }

  /// What to commit now; empty if there is nothing. What stands still is among it only where `idle_as_well`: it says
  /// nothing of a topic that was made anew since it moved, so somebody has to look before.
  [[nodiscard]] std::vector<kafka::position> take(clock::time_point now, bool idle_as_well = false) const;
  /// The commit that was taken succeeded. After a failure nothing is said: it will be taken again.
  void committed(const std::vector<kafka::position>& taken, clock::time_point now);

  [[nodiscard]] bool pending() const;
  /// Something has stood still for so long that it is to be committed again.
  [[nodiscard]] bool idle_is_due(clock::time_point now) const;

 private:
  struct entry {
    offset watermark;
    bool dirty = false;  ///< not committed yet
    clock::time_point committed_at{};

    [[nodiscard]] bool is_due(clock::time_point now) const {
      return watermark >= offset{0} && now - committed_at >= refresh_after;
    }
  };
  std::map<topic_partition, entry> entries_;
};

}  // namespace corka::processor_parts
