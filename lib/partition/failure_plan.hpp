// What follows a failed attempt.
#pragma once

#include <corka/error.hpp>
#include <corka/failure.hpp>

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <variant>

namespace corka::partition {

/// Reads a group's policies. No I/O, no clock.
class failure_plan {
 public:
  /// Call again after this time.
  struct again {
    std::chrono::milliseconds wait;
  };
  using step = std::variant<again, failure_action>;

  explicit failure_plan(const failure_policies& of) : of_{&of} {}

  /// After call number `attempts` ended with `kind`; `undecodable`: before the callback itself was reached.
  [[nodiscard]] step after(errc kind, bool undecodable, std::size_t attempts) const {
    // A mistake of the program, not of the record: it would pass over, or put aside, all there is.
    if (kind == errc::not_declared) return failure_action{stop_processor{}};
    if (undecodable) return of_->decoding;
    const auto& policy = of_->callback;
    if (policy.attempts != 0 && attempts >= policy.attempts) return policy.then;
    auto wait = policy.first_backoff;
    for (std::size_t i = 1; i < attempts && wait < policy.longest_backoff; ++i) wait *= 2;
    return again{std::min(wait, policy.longest_backoff)};
  }
  [[nodiscard]] const failure_action& deferred() const { return of_->callback.then; }
  [[nodiscard]] const failure_action& delivery() const { return of_->delivery; }

  /// Effects wait until the callback has returned.
  [[nodiscard]] bool journals() const { return of_->callback.attempts != 1 || !is_stop(of_->callback.then); }
  /// Records are needed after their callback has returned.
  [[nodiscard]] bool keeps_sent() const { return std::holds_alternative<dead_letter>(of_->delivery); }
  [[nodiscard]] bool keeps_deferred() const { return std::holds_alternative<dead_letter>(of_->callback.then); }

 private:
  [[nodiscard]] static bool is_stop(const failure_action& a) { return std::holds_alternative<stop_processor>(a); }

  const failure_policies* of_;
};

}  // namespace corka::partition
