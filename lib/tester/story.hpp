// What everybody did, in order, with virtual times.
#pragma once

#include "base/virtual_clock.hpp"

#include <cstddef>
#include <deque>
#include <functional>
#include <string>
#include <string_view>

namespace corka::tester_parts {

/// The last lines of what happened; who looks for the first ones listens.
///
/// Life: the clock outlives it. Threads: one.
class story {
 public:
  struct line {
    clock::time_point at;
    std::string who;  ///< an instance, "broker", or "test"
    std::string what;
  };

  story(const virtual_clock& time, std::size_t most) : time_{time}, most_{most} {}

  void tell(std::string_view who, std::string what);
  /// Called with every line, also with those that are not kept.
  void listen(std::function<void(const line&)> listener) { listener_ = std::move(listener); }

  [[nodiscard]] const std::deque<line>& lines() const noexcept { return lines_; }
  /// One line each: "  12.345 s  a       clickers: 3 partitions assigned".
  [[nodiscard]] std::string text() const;

 private:
  const virtual_clock& time_;
  std::size_t most_;
  std::size_t left_out_ = 0;
  std::deque<line> lines_;
  std::function<void(const line&)> listener_;
};

[[nodiscard]] std::string to_string(const story::line& l);

}  // namespace corka::tester_parts
