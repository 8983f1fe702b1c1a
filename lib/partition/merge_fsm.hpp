// Which input's next record goes first, when inputs are merged by timestamp.
#pragma once

#include "base/clock.hpp"

#include <cstddef>
#include <cstdint>
#include <limits>
#include <optional>
#include <variant>
#include <vector>

namespace corka::partition {

/// Told what each input has, it says what to do next. No I/O, no clock; one strand.
///
/// The input whose next record is the oldest goes first; of equally old ones, the one declared first. Records of one
/// input keep their order whatever their timestamps: one that is older than what was processed already is late, and
/// goes next. An input that has nothing might still get the oldest record, so the others wait for it:
/// up to `idle_wait`, or `fetch_wait` where the broker is known to hold more of it. After that they go on without it
/// until nothing is left, or every input has something again.
class merge_fsm {
 public:
  /// The broker has more, and says nothing for so long: it is out of reach, and the others are let go.
  static constexpr std::chrono::seconds fetch_wait{10};

  /// Take records of `input`, in order, for as long as `admits` says so.
  struct take {
    std::size_t input = 0;
    std::int64_t before_ms = std::numeric_limits<std::int64_t>::max();
    bool inclusive = true;
    [[nodiscard]] bool admits(std::int64_t timestamp_ms) const {
      return timestamp_ms < before_ms || (inclusive && timestamp_ms == before_ms);
    }
    friend bool operator==(const take&, const take&) = default;
  };
  /// Ask again when something arrives, at the latest at `until`.
  struct wait {
    clock::time_point until;
    friend bool operator==(const wait&, const wait&) = default;
  };
  /// Nothing is left: ask again when something arrives.
  struct sleep {
    friend bool operator==(const sleep&, const sleep&) = default;
  };
  using action = std::variant<take, wait, sleep>;

  /// One flag an input: the others wait for it.
  merge_fsm(const std::vector<bool>& awaited, clock::duration idle_wait);

  /// The input's next record has this timestamp.
  void has(std::size_t input, std::int64_t timestamp_ms);
  /// The input has nothing here; `more_known`: but the broker has.
  void lacks(std::size_t input, bool more_known);
  [[nodiscard]] action next(clock::time_point now);

 private:
  struct input {
    bool awaited = true;
    std::optional<std::int64_t> head;
    bool more_known = false;
  };

  [[nodiscard]] take oldest() const;

  std::vector<input> inputs_;
  clock::duration idle_wait_;
  std::optional<clock::time_point> waiting_since_;
};

}  // namespace corka::partition
