// One loop on virtual time, driven by hand.
#pragma once

#include "async/execution.hpp"
#include "async/virtual_thread.hpp"
#include "base/virtual_clock.hpp"

#include <boost/asio/co_spawn.hpp>

#include <chrono>
#include <cstddef>
#include <exception>
#include <functional>
#include <utility>

namespace corka::async {

/// For tests of one process: everything runs on the caller's thread, within the members below, in an order that
/// depends on nothing outside. Time moves only when nothing is ready.
///
/// Life: outlives everything that waits on it; what is still suspended at the end is destroyed with it.
/// Threads: one. Errors: what handlers throw comes out of the member that ran them.
class virtual_execution final : public execution {
 public:
  virtual_execution() = default;
  virtual_execution(const virtual_execution&) = delete;
  virtual_execution& operator=(const virtual_execution&) = delete;

  [[nodiscard]] std::size_t workers() const noexcept override { return 1; }
  [[nodiscard]] corka::executor worker(std::size_t i) const override { return thread_.worker(i); }
  [[nodiscard]] corka::executor executor() const { return thread_.executor(); }
  [[nodiscard]] virtual_clock& time() const noexcept override { return time_; }
  /// Runs `call` in place.
  void run_blocking(std::function<void()> call, corka::executor ex, std::function<void()> done) override {
    thread_.run_blocking(std::move(call), std::move(ex), std::move(done));
  }

  /// Runs until `t` has ended, which may take `limit` of virtual time, and returns or throws what it did.
  /// @throws error{errc::internal} when `t` cannot end, or not in time; it is cancelled first.
  template <class T>
  T run(task<T> t, clock::duration limit = std::chrono::hours{24}) {
    detail::slot<T> result;
    run_void(detail::fill(std::move(t), &result), limit);
    return result.take();
  }

  /// Starts `t` and lets it go on whenever something else is run; what it throws comes out there.
  void start(task<> t) { thread_.start(std::move(t)); }
  /// Runs all that is ready now. Time stands still.
  void settle() { thread_.settle(); }
  /// Runs what is ready and what becomes due until `d` from now.
  void advance(clock::duration d);

 private:
  void run_void(task<> t, clock::duration limit);

  mutable virtual_clock time_;
  virtual_thread thread_{time_};
};

}  // namespace corka::async
