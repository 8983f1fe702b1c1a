// A bounded number of coroutines at a time, on any strands.
#pragma once

#include <corka/task.hpp>

#include <cstddef>
#include <memory>
#include <utility>

namespace corka::async {

/// Gives out passes, first come, first served; who finds none left waits for one.
///
/// Threads: any; each waits on a strand of its own. Life: shared with its passes, so these may outlive it.
/// Cancellation: `enter` supports total; a pass that was given meanwhile goes to the next.
class semaphore {
 public:
  explicit semaphore(std::size_t passes);

  /// Given back on destruction.
  class pass {
   public:
    pass(pass&& o) noexcept = default;
    pass& operator=(pass&& o) noexcept {
      std::swap(of_, o.of_);
      return *this;
    }
    ~pass();

   private:
    friend class semaphore;
    struct state;
    explicit pass(std::shared_ptr<state> of) : of_{std::move(of)} {}
    std::shared_ptr<state> of_;
  };

  [[nodiscard]] task<pass> enter();

 private:
  std::shared_ptr<pass::state> state_;
};

}  // namespace corka::async
