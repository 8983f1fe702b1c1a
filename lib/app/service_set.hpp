// Services that live and end together.
#pragma once

#include <corka/log.hpp>
#include <corka/runtime.hpp>
#include <corka/service.hpp>

#include <cstddef>
#include <string>
#include <vector>

namespace corka::app_parts {

/// Runs services until all have ended; where one fails, the others are stopped.
///
/// Life: outlived by the services. Strand: `run` on a worker. Threads: `stop` any. Cancellation: by `stop`.
/// Errors: failures go to the log as they happen, with the service's name, and are counted.
class service_set {
 public:
  explicit service_set(std::vector<service*> all) : all_{std::move(all)} {}

  /// Returns how many failed.
  [[nodiscard]] task<std::size_t> run(runtime& on, logger log);
  void stop() noexcept;

 private:
  [[nodiscard]] task<> run_one(service& one, runtime& on, const logger& log, std::size_t& failures);

  std::vector<service*> all_;
};

/// "processor 'planes'", "view 'planes-table'", "emitter 'flights'", "job".
[[nodiscard]] std::string describe(const service& one);

}  // namespace corka::app_parts
