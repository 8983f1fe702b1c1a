// Values on their way from one coroutine to another, limited by their size.
#pragma once

#include "async/event.hpp"

#include <algorithm>
#include <cstddef>
#include <deque>
#include <optional>
#include <utility>

namespace corka::async {

enum class push_result {
  taken,
  full,    ///< try again after `room`
  closed,  ///< never again
};

/// First in, first out. `push` never waits; who gets `full` decides what to do.
///
/// Strand: every member on `ex`. Life: outlives its waiters. Cancellation: `pop` and `room` support total; no value is
/// lost.
template <class T>
class bounded_queue {
 public:
  /// Holds values of at most `bytes` together; one value is always taken, however large.
  bounded_queue(executor ex, std::size_t bytes) : limit_{bytes}, filled_{ex}, room_{ex} { room_.set(); }

  /// `value` is moved from only if it is taken.
  [[nodiscard]] push_result push(T&& value, std::size_t bytes) {
    if (closed_) return push_result::closed;
    if (!items_.empty() && bytes > limit_ - std::min(limit_, bytes_)) {
      room_.reset();
      return push_result::full;
    }
    items_.emplace_back(std::move(value), bytes);
    bytes_ += bytes;
    filled_.set();
    return push_result::taken;
  }

  /// The oldest value; nothing once the queue is closed and drained.
  [[nodiscard]] task<std::optional<T>> pop() {
    while (items_.empty() && !closed_) co_await filled_.wait();
    co_return try_pop();
  }
  /// The oldest value, if there is one now.
  [[nodiscard]] std::optional<T> try_pop() {
    if (items_.empty()) return std::nullopt;
    std::optional<T> value{std::move(items_.front().first)};
    bytes_ -= items_.front().second;
    items_.pop_front();
    if (items_.empty() && !closed_) filled_.reset();
    room_.set();
    return value;
  }

  /// Returns once something was popped since a `push` said full, or the queue is closed.
  [[nodiscard]] task<> room() { return room_.wait(); }

  /// Takes nothing more; what is inside can still be popped. Idempotent.
  void close() {
    closed_ = true;
    filled_.set();
    room_.set();
  }

  [[nodiscard]] bool closed() const noexcept { return closed_; }
  [[nodiscard]] std::size_t size() const noexcept { return items_.size(); }
  [[nodiscard]] std::size_t bytes() const noexcept { return bytes_; }

 private:
  std::size_t limit_;
  std::size_t bytes_ = 0;
  bool closed_ = false;
  std::deque<std::pair<T, std::size_t>> items_;
  event filled_;  // set while there is something to pop, and once closed
  event room_;    // reset by a push that found the queue full
};

}  // namespace corka::async
