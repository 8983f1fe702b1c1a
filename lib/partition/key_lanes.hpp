// Which records may run at the same time.
#pragma once

#include <boost/unordered/unordered_flat_map.hpp>

#include <cstddef>
#include <cstdint>
#include <deque>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace corka::partition {

/// Lets up to n records of an input run at once, records of one key one after another in the order they were offered,
/// whichever inputs they come from. A record whose key is busy waits in that key's lane, so that those behind it can
/// begin; how many may wait is bounded too.
///
/// No I/O, no clock; one strand.
class key_lanes {
 public:
  /// Stands for a record; chosen by the caller, unique among those inside.
  using ticket = std::uint32_t;

  struct bound {
    std::size_t running = 1;
    std::size_t waiting = 0;  ///< 0: also records of different keys begin in the order offered
  };

  enum class verdict {
    begin,  ///< it runs from now on
    wait,   ///< it is kept: `finished` will name it
    full,   ///< it is not kept: offer it again after something of its input, or of its key, has finished
  };

  /// One bound an input.
  explicit key_lanes(std::vector<bound> inputs);

  /// Records of an input are offered in their order: after `full` the same one is offered next.
  [[nodiscard]] verdict offer(std::uint16_t input, std::string_view key, ticket t);
  /// A running record has ended; appends to `begin` those that run from now on.
  void finished(std::uint16_t input, std::string_view key, std::vector<ticket>& begin);
  /// A record that was named does not run after all: its room is free, but those of its key never overtake it. Appends
  /// as `finished` does.
  void withdrawn(std::uint16_t input, std::vector<ticket>& begin);

  [[nodiscard]] std::size_t running(std::uint16_t input) const { return inputs_[input].running; }
  [[nodiscard]] std::size_t waiting(std::uint16_t input) const { return inputs_[input].waiting; }
  [[nodiscard]] std::size_t busy_keys() const { return lanes_.size(); }

 private:
  struct entry {
    ticket t;
    std::uint16_t input;
  };
  /// A busy key: one record runs, or is ready to once its input has room; the others wait behind it.
  struct lane {
    std::string key;
    std::deque<entry> waiting;
  };
  struct input {
    bound most;
    std::size_t running = 0;
    std::size_t waiting = 0;   ///< in lanes, and ready
    std::deque<ticket> ready;  ///< first of their lanes, with no room to run
  };

  void begin_ready(input& of, std::vector<ticket>& begin);

  std::vector<input> inputs_;
  boost::unordered_flat_map<std::string_view, std::unique_ptr<lane>> lanes_;
  std::vector<std::unique_ptr<lane>> spare_;
};

}  // namespace corka::partition
