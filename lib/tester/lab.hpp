// A broker and any number of instances of programs, in one thread, on virtual time.
#pragma once

#include "async/virtual_thread.hpp"
#include "base/dice.hpp"
#include "base/virtual_clock.hpp"
#include "kafka/embedded/broker.hpp"
#include "kafka/embedded/disk.hpp"
#include "kafka/embedded/faults.hpp"
#include "tester/folder.hpp"
#include "tester/instance.hpp"
#include "tester/kept_copies.hpp"
#include "tester/story.hpp"
#include "tester/uplink.hpp"

#include <corka/task.hpp>

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/co_spawn.hpp>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <exception>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace corka::tester_parts {

struct lab_options {
  copies kept = copies::memory;
  std::size_t story_lines = 2'000;
  /// Of topic ids.
  std::uint64_t seed = 1;

  // For simulations
  /// Nothing: everybody takes turns. Else they decide whose turn it is, and when alarms ring and blocking calls run.
  std::shared_ptr<dice> by{};
  /// Loops of each instance.
  std::size_t workers = 1;
  std::shared_ptr<kafka::embedded::fault_plan> broker_faults{};
  /// Nothing: the broker is in memory.
  std::shared_ptr<kafka::embedded::disk> broker_disk{};
  bool broker_fsync = false;
  /// Given an instance's stores, and its name, returns what this life of it is to use.
  std::function<std::shared_ptr<store::store_factory>(std::shared_ptr<store::store_factory>, const std::string&)>
      stores_around{};
};

/// Instances share nothing but the broker, the clock and the caller's thread. Who drives it decides when time moves.
///
/// Life: what is still running at the end is dropped, as by `kill`. Threads: one. Errors: none of what services throw
/// comes out here: it is in their `life::served`.
class lab {
 public:
  explicit lab(lab_options options = {});
  lab(const lab&) = delete;
  lab& operator=(const lab&) = delete;
  ~lab();

  // Driving
  /// Runs one handler of anybody, each in turn. False: nothing is ready.
  bool step();
  /// Runs all that is ready. Time stands still.
  void drain();
  /// Drains, moves to the next alarm and drains again. False: none is due by `limit`, and it is `limit` now.
  bool leap(clock::time_point limit);
  void advance(clock::duration d);
  /// Lets time pass until `done`, which is asked whenever something may have changed. False: not within `limit`.
  bool until(const std::function<bool()>& done, clock::duration limit);
  /// Awaits `t` on an instance's thread. @throws what it throws; error{errc::internal} if it does not end.
  template <class T>
  T run(instance& on, task<T> t, clock::duration limit = std::chrono::hours{1}) {
    const auto result = std::make_shared<async::detail::slot<T>>();
    await_end(on, keep(std::move(t), result), limit);
    return result->take();
  }

  // Instances
  /// The instance of a name; made, not started, the first time.
  [[nodiscard]] instance& at(const std::string& name);
  [[nodiscard]] const std::map<std::string, std::unique_ptr<instance>>& instances() const noexcept {
    return instances_;
  }
  /// Starts its program. It does not run now.
  void start(instance& i);
  /// Asks it to end, and waits until it has, as its services take their time. Returns the life that is over, for a last
  /// look at how its services ended; nothing if it did not run, or was killed meanwhile.
  /// @throws error{errc::timed_out}.
  std::unique_ptr<life> stop(instance& i, clock::duration limit = std::chrono::minutes{5});
  /// As kill -9 ends a process, at once: see `life`. From anywhere, also from a callback of the instance itself.
  void kill(instance& i);
  void connect(instance& i, bool up);
  /// What was sent by running instances that reach the broker, and not yet reported.
  [[nodiscard]] std::size_t in_flight() const noexcept;

  [[nodiscard]] virtual_clock& time() noexcept { return time_; }
  [[nodiscard]] std::int64_t wall_ms() const noexcept { return time_.wall_ms(); }
  [[nodiscard]] story& told() noexcept { return told_; }
  [[nodiscard]] const story& told() const noexcept { return told_; }
  [[nodiscard]] kafka::embedded::broker& broker() noexcept { return *broker_; }
  [[nodiscard]] const std::shared_ptr<kafka::embedded::broker>& shared_broker() const noexcept { return broker_; }
  [[nodiscard]] delivery_faults& faults() noexcept { return faults_; }
  [[nodiscard]] const lab_options& options() const noexcept { return options_; }
  void set_reachable(bool reachable);
  [[nodiscard]] bool reachable() const noexcept { return reachable_; }

 private:
  template <class T>
  static task<> keep(task<T> t, std::shared_ptr<async::detail::slot<T>> into) {
    co_await async::detail::fill(std::move(t), into.get());
  }
  void await_end(instance& on, task<> t, clock::duration limit);
  bool step_of(async::virtual_thread& thread);
  bool step_by_dice();
  void bury();

  lab_options options_;
  virtual_clock time_;
  story told_;
  delivery_faults faults_;
  temporary_folder folder_;
  async::virtual_thread outside_{time_};  ///< the broker's machine
  std::shared_ptr<kafka::embedded::broker> broker_;
  std::map<std::string, std::unique_ptr<instance>> instances_;
  std::size_t turn_ = 0;
  std::vector<async::virtual_thread*> turns_;  // by dice; reused
  bool stepping_ = false;
  bool reachable_ = true;
  /// Killed by their own handlers, which are to return first.
  std::vector<std::unique_ptr<life>> dying_;
  /// Loops of lives that are over: whoever still holds something of one may call it.
  std::vector<std::shared_ptr<async::virtual_thread>> graves_;
};

}  // namespace corka::tester_parts
