// Services that live and end together.
#pragma once

#include "async/signal.hpp"
#include "base/clock.hpp"

#include <corka/log.hpp>
#include <corka/runtime.hpp>
#include <corka/service.hpp>

#include <cstddef>
#include <mutex>
#include <string>
#include <vector>

namespace corka::app_parts {

/// Runs services until all have ended; where one fails, the others are stopped.
///
/// Life: outlived by the services. Strand: `run` on a worker. Threads: `stop` any. Cancellation: by `stop`.
/// Errors: failures go to the log as they happen, with the service's name, and are counted; what has not ended 15 s
/// after it was told to is named there, too.
class service_set {
 public:
  explicit service_set(std::vector<service*> all) : all_{std::move(all)} {}

  /// Returns how many failed.
  [[nodiscard]] task<std::size_t> run(runtime& on, logger log);
  void stop() noexcept;

 private:
  [[nodiscard]] task<> run_one(service& one, runtime& on, const logger& log, std::size_t& failures);
  [[nodiscard]] task<> name_who_does_not_end(async::signal& told, clock& time, const logger& log) const;

  std::vector<service*> all_;
  std::vector<const service*> under_way_;
  std::mutex mutex_;
  bool stopped_ = false;
  async::signal::notifier told_;
};

/// "processor 'planes'", "view 'planes-table'", "emitter 'flights'", "job".
[[nodiscard]] std::string describe(const service& one);

}  // namespace corka::app_parts
