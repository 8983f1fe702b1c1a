// One instance of a program: a process, as far as it can tell.
#pragma once

#include "async/virtual_thread.hpp"
#include "processor/runtime_core.hpp"
#include "tester/kept_copies.hpp"
#include "tester/uplink.hpp"

#include <corka/runtime.hpp>
#include <corka/service.hpp>

#include <cstddef>
#include <exception>
#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace corka::tester_parts {

/// What an instance runs: how its services are made, anew at each start.
using program = std::vector<std::function<std::shared_ptr<service>()>>;

/// From a start of an instance to its end, however it ends.
///
/// All that runs in it, coroutine frames included, lives on its own thread's loop; the outside holds none of it. So it
/// can be dropped whole, as a process is killed: `drop` destroys the frames where they are suspended, and nothing of
/// what their code does to end in order is run. What survives is what survives a process: the broker, which finds a
/// member silent, and what the stores had taken by then.
class life {
 public:
  life(std::shared_ptr<async::virtual_thread> threads, std::shared_ptr<uplink> by, std::shared_ptr<runtime_core> core);
  life(const life&) = delete;
  life& operator=(const life&) = delete;
  ~life();

  /// A service that runs, or ran.
  struct served {
    std::shared_ptr<service> what;
    bool ended = false;
    std::exception_ptr failure;
    std::string why;    ///< message of the failure
    bool told = false;  ///< the test was told of it
  };

  void run(std::shared_ptr<service> what);
  /// Asks all services to stop.
  void stop() noexcept;
  [[nodiscard]] bool ended() const noexcept;
  /// Nothing gets out of it any more, and it runs no further than to where its present handler waits next. Legal from
  /// its own handlers. Idempotent.
  void doom() noexcept;
  [[nodiscard]] bool doomed() const noexcept { return threads_->ended(); }
  /// Destroys all that is left. Not from a handler.
  void drop();

  [[nodiscard]] async::virtual_thread& threads() noexcept { return *threads_; }
  [[nodiscard]] const std::shared_ptr<async::virtual_thread>& shared_threads() const noexcept { return threads_; }
  [[nodiscard]] uplink& by() noexcept { return *by_; }
  [[nodiscard]] runtime& on() noexcept { return *on_; }
  [[nodiscard]] const std::vector<std::unique_ptr<served>>& services() const noexcept { return services_; }

 private:
  static task<> serve(life& in, served& one);

  // In this order: each refers to those before it.
  std::shared_ptr<async::virtual_thread> threads_;
  std::shared_ptr<uplink> by_;
  std::unique_ptr<runtime> on_;
  std::vector<std::unique_ptr<served>> services_;
};

/// A name, a program, a folder for local state, and the present life, if it runs.
struct instance {
  std::string name;
  program runs;
  std::shared_ptr<kept_copies> stores;
  std::filesystem::path folder;
  /// Connections are broken for the present life and the next ones.
  bool cut = false;
  std::unique_ptr<life> now;
};

}  // namespace corka::tester_parts
