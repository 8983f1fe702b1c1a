// Something with a life of its own that a runtime can run.
#pragma once

#include <corka/task.hpp>

namespace corka {

class runtime;

/// A processor, an emitter, a user's own job.
///
/// Life: outlives its `run`; may be run again after it ended. Strand: `run` is awaited on a worker of the runtime.
/// Cancellation: by `stop`: idempotent, never waits, legal from any thread before, during and after `run`; a `stop`
/// before `run` makes the next `run` return at once. A coroutine that awaits several services by Asio's operators
/// (`a.run(on) && b.run(on)`) therefore waits for `b` where `a` fails, until it is stopped; corka::app stops it.
class service {
 public:
  service() = default;
  service(const service&) = delete;
  service& operator=(const service&) = delete;
  virtual ~service() = default;

  /// Returns when everything inside has ended; throws what ended it, if that was not `stop`.
  [[nodiscard]] virtual task<> run(runtime& on) = 0;
  virtual void stop() noexcept = 0;
};

}  // namespace corka
