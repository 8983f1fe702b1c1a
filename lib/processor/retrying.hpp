// What is tried again when the cluster does not answer, and how soon.
#pragma once

#include <corka/error.hpp>

#include <chrono>

namespace corka::processor_parts {

constexpr std::chrono::milliseconds retry_first{100};
constexpr std::chrono::milliseconds retry_most{5'000};

/// A state of the cluster rather than a failure: the same question may be answered later.
[[nodiscard]] constexpr bool may_pass(errc kind) noexcept {
  return kind == errc::broker_unavailable || kind == errc::timed_out || kind == errc::rebalance_in_progress;
}

}  // namespace corka::processor_parts
