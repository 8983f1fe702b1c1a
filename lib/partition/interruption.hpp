// What ends a run of a partition without anybody's fault.
#pragma once

#include <corka/error.hpp>

namespace corka::partition {

/// The partition can begin again from its last commit, and should: its input was cut beneath it, a delivery timed out.
/// With errc::topic_unknown a topic is gone; it may be back under the same name.
class interruption : public error {
 public:
  using error::error;
};

/// Deliveries that may succeed another time.
[[nodiscard]] inline bool may_be_sent_again(const std::error_code& failed) noexcept {
  return failed == errc::timed_out || failed == errc::broker_unavailable || failed == errc::topic_unknown;
}

}  // namespace corka::partition
