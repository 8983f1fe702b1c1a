// An io_context whose end comes in two steps.
#pragma once

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>

#include <optional>
#include <utility>

namespace corka::async {

/// One worker's loop: runs until stopped, also when it has nothing to do.
///
/// What is left on a loop that ends may hold on to other loops. So all are shut down, which destroys what is left on
/// them, before the first is destroyed.
class worker_loop : public boost::asio::io_context {
 public:
  worker_loop() : io_context{1}, busy_{std::in_place, get_executor()} {}
  worker_loop(const worker_loop&) = delete;
  worker_loop& operator=(const worker_loop&) = delete;
  ~worker_loop() { drop_all(); }

  /// Nothing is left that would ever run here. On the thread that runs the loop, between its turns.
  [[nodiscard]] bool idle() {
    busy_.reset();
    restart();
    poll();
    const bool nothing = stopped();
    restart();
    busy_.emplace(get_executor());
    return nothing;
  }
  /// Destroys every handler and suspended coroutine. Nothing may run any more. Idempotent.
  void drop_all() {
    busy_.reset();
    shutdown();
  }

 private:
  std::optional<boost::asio::executor_work_guard<executor_type>> busy_;
};

}  // namespace corka::async
