// Log lines about single records.
#pragma once

#include "base/clock.hpp"

#include <cstddef>
#include <optional>

namespace corka::partition {

/// Lets through as many as somebody reads; the others are counted.
///
/// No I/O, no clock; one strand.
class few_lines {
 public:
  /// At most `most` in each stretch of `within`, which begins with a line.
  few_lines(std::size_t most, clock::duration within) : most_{most}, within_{within} {}

  /// Nothing: this one is left out. Else: how many were, since the last that was not.
  std::optional<std::size_t> next(clock::time_point now) {
    if (said_ == 0 || now - began_ >= within_) {
      began_ = now;
      said_ = 0;
    }
    if (said_ == most_) {
      ++left_out_;
      return std::nullopt;
    }
    ++said_;
    const auto before = left_out_;
    left_out_ = 0;
    return before;
  }

 private:
  std::size_t most_;
  clock::duration within_;
  clock::time_point began_{};
  std::size_t said_ = 0;
  std::size_t left_out_ = 0;
};

}  // namespace corka::partition
