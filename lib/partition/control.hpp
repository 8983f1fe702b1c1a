// What the coroutines of one partition tell each other.
#pragma once

#include "async/event.hpp"

#include <exception>
#include <utility>

namespace corka::partition {

/// Strand: the partition's. Flags only ever become true.
struct control {
  explicit control(const executor& strand) : settled{strand} {}

  bool stopping = false;       ///< told to end
  bool closing = false;        ///< nothing is under way any more: the side coroutines follow
  std::exception_ptr failure;  ///< why the partition ends by itself
  async::event settled;        ///< pulsed when something that was under way has ended, and when told to stop

  /// No record begins any more.
  [[nodiscard]] bool halted() const noexcept { return stopping || failure; }
  /// The first failure counts.
  void fail(std::exception_ptr why) {
    if (!failure) failure = std::move(why);
    settled.set();
  }
  /// Returns after the next pulse.
  [[nodiscard]] task<> next_settled() {
    settled.reset();
    return settled.wait();
  }
};

}  // namespace corka::partition
