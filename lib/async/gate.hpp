// Counts what is under way and lets one wait until nothing is.
#pragma once

#include "async/event.hpp"

#include <cstddef>
#include <utility>

namespace corka::async {

/// Entered by work, closed by its owner; `close` returns once everybody has left. One strand.
class gate {
 public:
  /// Leaves on destruction.
  class pass {
   public:
    pass() = default;
    explicit pass(gate* g) : gate_{g} {}
    pass(pass&& o) noexcept : gate_{std::exchange(o.gate_, nullptr)} {}
    pass& operator=(pass&& o) noexcept {
      std::swap(gate_, o.gate_);
      return *this;
    }
    ~pass() {
      if (gate_ != nullptr) gate_->leave();
    }
    explicit operator bool() const noexcept { return gate_ != nullptr; }

   private:
    gate* gate_ = nullptr;
  };

  explicit gate(executor ex) : empty_{std::move(ex)} { empty_.set(); }

  /// An empty pass once the gate is closed.
  [[nodiscard]] pass enter();
  [[nodiscard]] std::size_t inside() const noexcept { return inside_; }
  [[nodiscard]] bool closed() const noexcept { return closed_; }
  /// Lets nobody in any more and waits until everybody has left. May be called again.
  [[nodiscard]] task<> close();

 private:
  void leave();

  event empty_;
  std::size_t inside_ = 0;
  bool closed_ = false;
};

}  // namespace corka::async
