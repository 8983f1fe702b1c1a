// What the coroutines of one partition tell each other.
#pragma once

#include "async/event.hpp"

namespace corka::partition {

/// Strand: the partition's. Flags only ever become true.
struct control {
  explicit control(const executor& strand) : settled{strand} {}

  bool stopping = false;  ///< no record begins any more
  bool closing = false;   ///< nothing is under way any more: the side coroutines follow
  async::event settled;   ///< pulsed after each booking of reports, each checkpoint, and when told to stop

  /// Returns after the next pulse.
  [[nodiscard]] task<> next_settled() {
    settled.reset();
    return settled.wait();
  }
};

}  // namespace corka::partition
