// What may go wrong on the way between the embedded broker and its clients.
#pragma once

#include "base/clock.hpp"

#include <corka/ids.hpp>

#include <cstddef>
#include <cstdint>
#include <limits>
#include <span>
#include <string>
#include <string_view>
#include <system_error>

namespace corka::kafka {
struct position;
}  // namespace corka::kafka

namespace corka::kafka::embedded {

/// Asked by the broker's clients before each thing that a network or a real broker could delay, cut short or lose, and
/// told of what came of it. Without one nothing of the kind happens.
///
/// What is answered is the client's fate, not the contract's end: batches of one partition stay in order, and each
/// record gets one report. Only on virtual time, with a broker in memory or on a disk that is simulated. Threads: one.
/// Life: outlives the broker's clients.
struct fault_plan {
  virtual ~fault_plan() = default;

  /// A reader that has something to read.
  struct fetch {
    clock::duration later{};  ///< nothing arrives before that
    std::size_t records = std::numeric_limits<std::size_t>::max();
  };
  [[nodiscard]] virtual fetch fetching(const topic_partition& where) = 0;

  /// A batch that leaves a producer. It waits for the broker while that is away.
  struct write {
    clock::duration written_after{};
    clock::duration told_after{};  ///< from then on
    /// What the producer is told in place of success.
    std::error_code failed{};
    /// With `failed`: the broker has the batch all the same.
    bool kept = false;
    /// The producer does not hear of it in time, and writes it once more: the log has it twice, and what is told is the
    /// second place.
    bool twice = false;
    /// Where the broker crashes before it has told: the producer writes it (once more) when the broker is back. Else it
    /// is told that it was not in time.
    bool again_after_crash = false;
  };
  [[nodiscard]] virtual write writing(const topic_partition& where, std::size_t records) = 0;

  /// A commit of offsets.
  struct commit {
    clock::duration later{};
    std::error_code failed{};
    bool kept = false;  ///< with `failed`: the offsets are committed all the same
  };
  [[nodiscard]] virtual commit committing(const group_name& group) = 0;

  /// The broker has crashed: what fails now is not an answer to anybody.
  [[nodiscard]] virtual bool crashed() const { return false; }
  /// A client's batch is about to be put into the log. If the broker crashes in it, nobody knows whether it is there.
  virtual void writes(const topic_partition& where, const std::string& client) {
    static_cast<void>(where);
    static_cast<void>(client);
  }

  /// A producer was given a record, which it will write.
  virtual void sent(const topic_partition& where, std::string_view key, std::string_view value,
                    const std::string& client) = 0;
  /// Records of a client, from `first` on, are in the log, and visible.
  virtual void written(const topic_partition& where, offset first, std::size_t records, const std::string& client) = 0;
  /// The producer has been told of them.
  virtual void acknowledged(const topic_partition& where, offset first, std::size_t records) = 0;
  virtual void committed(const group_name& group, const std::string& member, std::span<const position> what) = 0;
};

}  // namespace corka::kafka::embedded
